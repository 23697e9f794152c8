/* mpi.h: the seam to MPI. Two files define these functions: mpi.c in builds with MPI (make MPI=1),
 * no_mpi.c in all others, where a process is never one of several. */
#ifndef TS_COMM_MPI_H
#define TS_COMM_MPI_H

#include "ref/base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* First and last in main. Begin starts MPI when mpirun started the process. End gives the program's
 * exit code through, and ends all processes when it is not 0. */
void ts_mpi_begin(int *argc, char ***argv);
int ts_mpi_end(int code);

/* How many processes there are, and which one this is; 0 and 0 outside of mpirun. */
int ts_mpi_size(void);
int ts_mpi_rank(void);

/* "Open MPI v4.1.4, ...", or NULL: not built in. */
const char *ts_mpi_version(void);

#ifdef __cplusplus
}
#endif
#endif
