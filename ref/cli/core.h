/* core.h: the processor that OpenBLAS takes itself to be on. */
#ifndef TS_CLI_CORE_H
#define TS_CLI_CORE_H

/* Executes the program anew, with OPENBLAS_CORETYPE set, when the library has chosen kernels for an
 * older processor than this one; returns when there is nothing to gain, or no way to do it. A second
 * call of the program finds the variable set and goes on. argv ends with NULL. */
void ts_core_choose(char **argv);

#endif
