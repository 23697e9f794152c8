#include "ref/base/arena.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64, CHUNK = 1 << 20 };

struct ts_arena_chunk {
    ts_arena_chunk *before;
    size_t size, fill;
    unsigned char *bytes; /* aligned, inside the same allocation */
};

static ts_arena_chunk *chunk_new(ts_arena_chunk *before, size_t size)
{
    if (size > SIZE_MAX - sizeof(ts_arena_chunk) - ALIGNMENT)
        return NULL;
    ts_arena_chunk *chunk = ts_alloc(sizeof *chunk + ALIGNMENT + size);
    if (!chunk)
        return NULL;
    const uintptr_t after = (uintptr_t)(chunk + 1);
    const size_t pad = (ALIGNMENT - after % ALIGNMENT) % ALIGNMENT;
    *chunk = (ts_arena_chunk){.before = before, .size = size};
    chunk->bytes = (unsigned char *)(chunk + 1) + pad;
    return chunk;
}

static void free_spares(ts_arena *arena)
{
    while (arena->spare) {
        ts_arena_chunk *before = arena->spare->before;
        ts_free(arena->spare);
        arena->spare = before;
    }
}

/* A chunk with room for `need`: a spare one, or a new one of at least `size` bytes. When no spare
 * is large enough they are given to the system first: no more is held than was once needed. */
static ts_arena_chunk *chunk_for(ts_arena *arena, size_t need, size_t size)
{
    for (ts_arena_chunk **at = &arena->spare; *at; at = &(*at)->before)
        if ((*at)->size >= need) {
            ts_arena_chunk *found = *at;
            *at = found->before;
            found->before = arena->chunk;
            found->fill = 0;
            return found;
        }
    free_spares(arena);
    return chunk_new(arena->chunk, size);
}

void *ts_arena_take(ts_arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - ALIGNMENT)
        return NULL;
    const size_t need = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    ts_arena_chunk *chunk = arena->chunk;
    if (!chunk || chunk->size - chunk->fill < need) {
        /* Chunks double, so that a long run takes few of them. */
        const size_t grown = chunk && chunk->size < SIZE_MAX / 4 ? 2 * chunk->size : CHUNK;
        const size_t limit = (size_t)256 << 20, next = grown < limit ? grown : limit;
        chunk = chunk_for(arena, need, need > next ? need : next);
        if (!chunk)
            return NULL;
        arena->chunk = chunk;
    }
    void *block = chunk->bytes + chunk->fill;
    chunk->fill += need;
    arena->used += need;
    if (arena->used > arena->peak)
        arena->peak = arena->used;
    return block;
}

ts_arena_mark ts_arena_here(const ts_arena *arena)
{
    return (ts_arena_mark){arena->chunk, arena->chunk ? arena->chunk->fill : 0, arena->used};
}

void ts_arena_return(ts_arena *arena, ts_arena_mark mark)
{
    while (arena->chunk != mark.chunk) {
        ts_arena_chunk *before = arena->chunk->before;
        arena->chunk->before = arena->spare;
        arena->spare = arena->chunk;
        arena->chunk = before;
    }
    if (arena->chunk)
        arena->chunk->fill = mark.fill;
    arena->used = mark.used;
}

void ts_arena_free(ts_arena *arena)
{
    ts_arena_return(arena, (ts_arena_mark){0});
    free_spares(arena);
    *arena = (ts_arena){0};
}

/* Planted faults: the n-th allocation fails. The count is the one piece of state that contexts
 * share; it means something only while a fault is planted. */
static atomic_long counter, planted = -1; /* -1: the environment has not been asked */

long ts_plant_fault(long n)
{
    atomic_store(&planted, n > 0 ? n : 0);
    return atomic_exchange(&counter, 0);
}

static int fault_is_due(void)
{
    long n = atomic_load(&planted);
    if (n < 0) {
        const char *text = getenv("TS_FAIL_ALLOC");
        n = text ? strtol(text, NULL, 10) : 0;
        n = n > 0 ? n : 0;
        atomic_store(&planted, n);
    }
    return n > 0 && atomic_fetch_add(&counter, 1) + 1 == n; /* counted only then */
}

void *ts_alloc(size_t bytes)
{
    return fault_is_due() || bytes > PTRDIFF_MAX ? NULL : malloc(bytes ? bytes : 1);
}

void *ts_alloc_zero(size_t count, size_t bytes)
{
    return fault_is_due() ? NULL : calloc(count ? count : 1, bytes ? bytes : 1);
}

void *ts_realloc(void *old, size_t bytes)
{
    return fault_is_due() || bytes > PTRDIFF_MAX ? NULL : realloc(old, bytes ? bytes : 1);
}

char *ts_strndup(const char *text, size_t length)
{
    char *copy = length < SIZE_MAX ? ts_alloc(length + 1) : NULL;
    if (copy) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

char *ts_strdup(const char *text)
{
    return ts_strndup(text, strlen(text));
}

void ts_free(void *block)
{
    free(block);
}
