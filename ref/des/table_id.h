/* table_id.h: what follows from an id alone: who owns it, and the values that its row begins with.
 *
 * Both are the same on every rank, for every number of ranks, in every order of arrival. */
#ifndef TS_DES_TABLE_ID_H
#define TS_DES_TABLE_ID_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The id of a text of field f: mix64(fnv1a64("C<f>=" and the text)); of a text that already says its
 * field, mix64(fnv1a64(text)). n ids collide with probability about n^2 / 2^65. */
uint64_t ts_id_of_text(const char *text, int64_t length);
uint64_t ts_id_of_field(int64_t field, const char *text, int64_t length);

/* The rank of 0 .. ranks - 1 that holds an id. */
typedef enum { TS_ID_HASH, TS_ID_MODULO } ts_id_partition;
int ts_id_owner(ts_id_partition how, uint64_t id, int ranks);

/* How rows begin. Columns first .. first + count - 1 of the row are numbers offset, offset + 1, ... of
 * the id's stream, times scale; all other columns are 0. A rank that holds columns 16 .. 31 of rows
 * whose first column is elsewhere says offset 16. */
typedef enum {
    TS_ID_ZERO,    /* 0 */
    TS_ID_UNIFORM, /* scale (2 u - 1), u in (0, 1) */
    TS_ID_NORMAL   /* scale times a standard normal number */
} ts_id_draw;

typedef struct {
    ts_id_draw draw;
    double scale;   /* 0.005 in the example of the author's library */
    uint64_t seed;
    uint32_t table; /* tables with different numbers begin differently */
    int64_t first, count, offset;
} ts_id_init;

/* The first `width` values of a row, F32 or F64. */
void ts_id_begin(void *values, ts_dtype dtype, int64_t width, const ts_id_init *init, uint64_t id);

/* A number in (0, 1) for the decision about an id at a time: of another stream than initial values. */
double ts_id_chance(uint64_t seed, uint32_t table, uint64_t id, uint32_t now);

#ifdef __cplusplus
}
#endif
#endif
