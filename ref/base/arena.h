/* arena.h: memory that is handed out in order and given back all at once.
 *
 * Results of operations live in the context's arena. A scope marks a place; closing it gives back
 * all that came after. Blocks are 64-byte aligned. Everything else that is allocated goes through
 * ts_alloc, so that each allocation can be made to fail in a test. */
#ifndef TS_BASE_ARENA_H
#define TS_BASE_ARENA_H

#include "ref/base/target.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ts_arena_chunk ts_arena_chunk;

typedef struct {
    ts_arena_chunk *chunk; /* the one being filled; its predecessors hang behind it */
    ts_arena_chunk *spare; /* given back, kept for what comes next */
    size_t used;           /* bytes handed out now, over all chunks */
    size_t peak;           /* the most that was ever handed out */
} ts_arena;

typedef struct {
    ts_arena_chunk *chunk;
    size_t fill, used;
} ts_arena_mark;

/* bytes of memory, 64-byte aligned, not cleared; NULL when there is none. 0 bytes is legal. */
void *ts_arena_take(ts_arena *arena, size_t bytes);
ts_arena_mark ts_arena_here(const ts_arena *arena);

/* Gives back everything taken since the mark. The chunks stay with the arena for what comes next,
 * until one is needed that none of them can be: a loop over blocks asks the system once. */
void ts_arena_return(ts_arena *arena, ts_arena_mark mark);
void ts_arena_free(ts_arena *arena); /* and begins anew */

/* malloc, calloc, realloc and strdup with a fault that can be planted: with TS_FAIL_ALLOC=n in the
 * environment, the n-th allocation of the process (from 1) fails, and only that one; or, in a test,
 * the n-th after ts_plant_fault(n) (0: none any more; it returns how many there were since the last
 * planting). Not for several threads at a time. */
long ts_plant_fault(long n);
void *ts_alloc(size_t bytes);
void *ts_alloc_zero(size_t count, size_t bytes);
void *ts_realloc(void *old, size_t bytes);
char *ts_strdup(const char *text);
char *ts_strndup(const char *text, size_t length);
void ts_free(void *block);

#ifdef __cplusplus
}
#endif
#endif
