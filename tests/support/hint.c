#include "tests/support/hint.h"

#include <string.h>

void hint_bench_open(hint_bench *b)
{
    static const ts_hint_point p[10] = {{0, 0}, {100, 0}, {100, 200}, {0, 200}, {30, 50}, {70, 150},
                                        {0, 0}, {110, 0}, {0, 210},   {0, -20}};
    static const int32_t values[4] = {0, 64, 100, 140};
    memset(b, 0, sizeof *b);
    memcpy(b->units, p, sizeof p);
    memcpy(b->original, p, sizeof p);
    memcpy(b->now, p, sizeof p);
    memset(b->flags, TS_ON_CURVE, 6);
    memcpy(b->control_value, values, sizeof values);
    b->ends[0] = 3;
    b->ends[1] = 5;
    b->m = (ts_machine){.stack = b->stack, .stack_size = 16, .storage = b->storage,
                        .storage_size = 4, .control_value = b->control_value,
                        .control_values = 4, .function = b->function, .functions = 4,
                        .instruction = b->instruction, .state = ts_hint_default, .ppem = 12,
                        .scale = 0x8000, .unit_scale = 0x10000};
    b->m.zone[0] = (ts_zone){.units = b->twilight[0], .original = b->twilight[1],
                             .now = b->twilight[2], .flags = b->twilight_flags, .points = 4};
    b->m.zone[1] = (ts_zone){.units = b->units, .original = b->original, .now = b->now,
                             .flags = b->flags, .points = 10, .ends = b->ends, .contours = 2};
}

bool hint_run(hint_bench *b, int32_t which, const uint8_t *program, int32_t size)
{
    b->m.program[which] = (ts_program){program, size};
    return ts_hint_run(&b->m, which);
}

void hint_stack_is(const uint8_t *program, int32_t size, const int32_t *want, int32_t count)
{
    hint_bench b;
    hint_bench_open(&b);
    if (!hint_run(&b, TS_GLYPH_PROGRAM, program, size))
        fail_msg("%s at %d", b.m.error, (int)b.m.at);
    assert_int_equal(b.m.depth, count);
    for (int32_t i = 0; i < count; i++)
        assert_int_equal(b.stack[i], want[i]);
}

void hint_stops(const uint8_t *program, int32_t size)
{
    hint_bench b;
    hint_bench_open(&b);
    assert_false(hint_run(&b, TS_GLYPH_PROGRAM, program, size));
    assert_non_null(b.m.error);
}
