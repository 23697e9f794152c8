/* hint.h: a small machine for hinting programs: six points, two contours, a pixel is 64. */
#ifndef TESTS_SUPPORT_HINT_H
#define TESTS_SUPPORT_HINT_H

#include "tests/support/glyph.h"

#include "ref/glyph/hint.h"

typedef struct {
    ts_machine m;
    int32_t stack[16], storage[4], control_value[4], ends[2];
    ts_function function[4], instruction[256];
    ts_hint_point units[10], original[10], now[10], twilight[3][4];
    uint8_t flags[10], twilight_flags[4];
} hint_bench;

/* Points (0,0) (100,0) (100,200) (0,200) | (30,50) (70,150), four phantoms; control values 0 to 3
 * are 0, 64, 100 and 140; the glyph program may be run by hint_run. */
void hint_bench_open(hint_bench *b);
bool hint_run(hint_bench *b, int32_t which, const uint8_t *program, int32_t size);

/* Runs a fresh machine; fails the test unless the stack is `want` then. */
void hint_stack_is(const uint8_t *program, int32_t size, const int32_t *want, int32_t count);
#define HINT_BYTES(...) \
    (const uint8_t[]){__VA_ARGS__}, (int32_t)sizeof((const uint8_t[]){__VA_ARGS__})
#define HINT_NUMBERS(...) \
    (const int32_t[]){__VA_ARGS__}, (int32_t)(sizeof((const int32_t[]){__VA_ARGS__}) / 4)

/* A fresh machine must stop with an error. */
void hint_stops(const uint8_t *program, int32_t size);

#endif
