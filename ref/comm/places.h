/* places.h: inside the room: where in an array a part of it stands. */
#ifndef TS_COMM_PLACES_H
#define TS_COMM_PLACES_H

#include "ref/base/dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An element of data. */
static inline unsigned char *ts_place_of(void *data, int64_t element, ts_dtype type)
{
    return (unsigned char *)data + element * (int64_t)ts_dtype_size(type);
}

/* Blocks of bytes[0], bytes[1], ... stand one after the other: where block `rank` begins. */
static inline int64_t ts_place_of_block(const int64_t *bytes, int rank)
{
    int64_t sum = 0;
    for (int r = 0; r < rank; r++)
        sum += bytes[r];
    return sum;
}

#ifdef __cplusplus
}
#endif
#endif
