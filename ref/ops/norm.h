/* norm.h: parameters of the kernels of norm.def. */
#ifndef TS_OPS_NORM_H
#define TS_OPS_NORM_H

#include <stdint.h>

/* x (batch, groups * channels, inner): what group and batch norm (channels = 1) see. */
typedef struct {
    int64_t batch, groups, channels, inner;
    double eps;
} ts_groups;

#endif
