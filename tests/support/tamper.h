/* tamper.h: copies of tensor files with a mistake planted. */
#ifndef TESTS_SUPPORT_TAMPER_H
#define TESTS_SUPPORT_TAMPER_H

#include "ref/base/tensor.h"

/* Copies the safetensors file; `change` may alter each tensor's data in place (a copy of its own).
 * Metadata is kept. How many tensors were handed over is returned. */
int tamper(const char *from, const char *to,
           void (*change)(const char *name, ts_tensor t, const void *arg), const void *arg);

/* Changes for it. arg is the tensor's name (or the beginning of names, for the last two). */
void tamper_one_percent(const char *name, ts_tensor t, const void *arg); /* the largest element */
void tamper_off_by_one(const char *name, ts_tensor t, const void *arg);  /* elements move up */
void tamper_swap_halves(const char *name, ts_tensor t, const void *arg); /* of the first axis */
void tamper_bf16(const char *name, ts_tensor t, const void *arg);        /* rounded to bfloat16 */

#endif
