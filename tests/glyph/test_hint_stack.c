/* Stack, arithmetic and storage of hinting programs. */
#include "tests/support/hint.h"

static void pushing(void **state)
{
    (void)state;
    hint_stack_is(HINT_BYTES(0x40, 2, 7, 255), HINT_NUMBERS(7, 255));
    hint_stack_is(HINT_BYTES(0x41, 2, 0xFF, 0xFE, 1, 0), HINT_NUMBERS(-2, 256));
    hint_stack_is(HINT_BYTES(0xB2, 1, 2, 3), HINT_NUMBERS(1, 2, 3));
    hint_stack_is(HINT_BYTES(0xB8, 0x80, 0), HINT_NUMBERS(-32768));
    hint_stops(HINT_BYTES(0x40));
    hint_stops(HINT_BYTES(0x40, 2, 7));
    hint_stops(HINT_BYTES(0x41, 1, 7));
    hint_stops(HINT_BYTES(0xB1, 7));
    hint_stops(HINT_BYTES(0xB8, 7));
}

static void ordering(void **state)
{
    (void)state;
    hint_stack_is(HINT_BYTES(0xB0, 5, 0x20), HINT_NUMBERS(5, 5));
    hint_stack_is(HINT_BYTES(0xB2, 1, 2, 3, 0x21, 0x23), HINT_NUMBERS(2, 1));
    hint_stack_is(HINT_BYTES(0xB2, 1, 2, 3, 0x22, 0x24), HINT_NUMBERS(0));
    hint_stack_is(HINT_BYTES(0xB3, 7, 8, 9, 3, 0x25), HINT_NUMBERS(7, 8, 9, 7));
    hint_stack_is(HINT_BYTES(0xB3, 7, 8, 9, 3, 0x26), HINT_NUMBERS(8, 9, 7));
    hint_stack_is(HINT_BYTES(0xB2, 1, 2, 3, 0x8A), HINT_NUMBERS(2, 3, 1));
    /* out of range: zero, or nothing */
    hint_stack_is(HINT_BYTES(0xB1, 7, 99, 0x25), HINT_NUMBERS(7, 0));
    hint_stack_is(HINT_BYTES(0xB1, 7, 99, 0x26), HINT_NUMBERS(7));
    hint_stack_is(HINT_BYTES(0x21, 0x23, 0x8A, 0x20), HINT_NUMBERS(0, 0));
}

static void arithmetic(void **state)
{
    (void)state;
    hint_stack_is(HINT_BYTES(0xB1, 7, 3, 0x60, 0xB1, 7, 3, 0x61), HINT_NUMBERS(10, 4));
    hint_stack_is(HINT_BYTES(0xB1, 64, 96, 0x62, 0xB1, 96, 96, 0x63), HINT_NUMBERS(42, 144));
    hint_stack_is(HINT_BYTES(0xB8, 0xFF, 0xF0, 0x64, 0xB0, 3, 0x65), HINT_NUMBERS(16, -3));
    hint_stack_is(HINT_BYTES(0xB0, 100, 0x66, 0xB0, 100, 0x67), HINT_NUMBERS(64, 128));
    hint_stack_is(HINT_BYTES(0xB1, 3, 9, 0x8B, 0xB1, 3, 9, 0x8C), HINT_NUMBERS(9, 3));
    hint_stack_is(HINT_BYTES(0xB0, 40, 0x68, 0xB0, 40, 0x6C), HINT_NUMBERS(64, 40));
    hint_stops(HINT_BYTES(0xB1, 1, 0, 0x62));
    /* 0x7FFF * 0x7FFF * ... wraps without a stop */
    hint_stack_is(HINT_BYTES(0xB9, 0x7F, 0xFF, 0x7F, 0xFF, 0x63, 0x20, 0x63, 0x20, 0x60, 0x21),
                  NULL, 0);
}

static void comparing(void **state)
{
    (void)state;
    for (uint8_t op = 0x50; op <= 0x55; op++) {
        const int want[6][3] = {{1, 0, 0}, {1, 1, 0}, {0, 0, 1}, {0, 1, 1}, {0, 1, 0}, {1, 0, 1}};
        for (uint8_t k = 0; k < 3; k++) {
            const uint8_t p[] = {0xB1, (uint8_t)(1 + k), 2, op};
            hint_stack_is(p, 4, &(const int32_t){want[op - 0x50][k]}, 1);
        }
    }
    hint_stack_is(HINT_BYTES(0xB0, 70, 0x56, 0xB0, 70, 0x57), HINT_NUMBERS(1, 0));
    hint_stack_is(HINT_BYTES(0xB1, 1, 0, 0x5A, 0xB1, 1, 0, 0x5B, 0xB0, 1, 0x5C),
                  HINT_NUMBERS(0, 1, 0));
}

static void storage(void **state)
{
    (void)state;
    hint_stack_is(HINT_BYTES(0xB1, 2, 77, 0x42, 0xB0, 2, 0x43), HINT_NUMBERS(77));
    hint_stack_is(HINT_BYTES(0xB1, 1, 77, 0x44, 0xB0, 1, 0x45), HINT_NUMBERS(77));
    hint_stack_is(HINT_BYTES(0xB1, 1, 100, 0x70, 0xB0, 1, 0x45), HINT_NUMBERS(50));
    hint_stack_is(HINT_BYTES(0xB8, 0xFF, 0xFF, 0x43, 0xB0, 4, 0x45), HINT_NUMBERS(0, 0));
    hint_stack_is(HINT_BYTES(0xB1, 4, 9, 0x42, 0xB9, 0xFF, 0, 0, 9, 0x44), NULL, 0);
}

static void full(void **state)
{
    (void)state;
    uint8_t p[20];
    for (int i = 0; i < 17; i++)
        p[i] = 0x24;
    hint_stops(p, 17);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pushing),   cmocka_unit_test(ordering), cmocka_unit_test(arithmetic),
        cmocka_unit_test(comparing), cmocka_unit_test(storage),  cmocka_unit_test(full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
