/* The bits of data/goldens/hashes.txt: this build gives them, as every other does (`make cross`).
 * Here the part of them that is quick, on plain and fast, with one thread and with three. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/hashes/digest.h"
#include "tests/hashes/hashes.h"

#include <math.h>

static const char file[] = "data/goldens/hashes.txt";
static const char *const both[] = {"plain", "fast", NULL};
static const int threads[] = {1, 3, 0};

static void the_known_bits(void **state)
{
    (void)state;
    static const char *const quick[] = {"base/",        "io/",         "modules/", "ops/",
                                        "rng/",         "scheduler/",  "text/t5_relu_one",
                                        "text/tokens",  "text/clip.",  "vae/one_level",
                                        "transformer/k_", NULL};
    static const char *const formats[] = {"f32", "f64", "honest", NULL};
    const hashes_how how = {both, threads, formats, false};
    const int agreed = hashes_against(file, quick, &how);
    print_message("%d lines agree\n", agreed);
    assert_true(agreed >= 200); /* a floor: an empty corpus is no success */
}

/* Every line is a case's or a part's, in their order, and has its columns; all that came with the
 * corpus have one. (`make hashes` refuses cases without a line.) */
static void every_line_has_a_case(void **state)
{
    (void)state;
    char line[HASHES_LINE];
    int lines = 0, at = 0;
    char **names = hashes_names();
    FILE *known = fopen(file, "r");
    assert_non_null(known);
    while (fgets(line, sizeof line, known)) {
        const char *f32 = strstr(line, " f32="), *paired = strstr(line, " paired=");
        const bool part = strncmp(line, "base/", 5) == 0 || strncmp(line, "io/", 3) == 0;
        assert_true(part || (f32 && paired));
        while (names[at] && (strncmp(line, names[at], strlen(names[at])) != 0 ||
                             line[strlen(names[at])] != ' '))
            at++;
        if (!names[at])
            fail_msg("no case for the line %s", line);
        lines++;
    }
    assert_true(lines >= 280);
    fclose(known);
    hashes_names_free(names);
}

/* The comparison refuses what it must: one digit, a missing column. */
static void other_bits_are_refused(void **state)
{
    (void)state;
    assert_true(hashes_agree("a f32=12", "a f32=12 f64=34"));
    assert_true(hashes_agree("a f64=34 f32=12", "a f32=12 f64=34"));
    assert_false(hashes_agree("a f32=13", "a f32=12 f64=34"));
    assert_false(hashes_agree("a f32=1", "a f32=12 f64=34"));
    assert_false(hashes_agree("a f16=12", "a f32=12 f64=34"));
    assert_false(hashes_agree("b f32=12", "a f32=12 f64=34"));
}

static uint64_t of(const double *x, int64_t n)
{
    double copy[4];
    memcpy(copy, x, (size_t)n * sizeof *x);
    digest d = digest_new();
    digest_tensor(&d, "x", ts_tensor_of(copy, TS_F64, 1, &n));
    return d.state;
}

/* The hash sees signs (also two of them), order, one bit, and sizes; NaN are all one. */
static void the_hash_sees_what_it_must(void **state)
{
    (void)state;
    const double x[4] = {1, 2, 3, 0}, signs[4] = {-1, -2, 3, 0}, order[4] = {2, 1, 3, 0},
                 bit[4] = {1, 2, 3.0000000000000004, 0}, zero[4] = {1, 2, 3, -0.0},
                 nan[4] = {1, 2, 3, (double)NAN}, other[4] = {1, 2, 3, -(double)NAN};
    const uint64_t own = of(x, 4);
    assert_true(own == of(x, 4));
    assert_true(own != of(signs, 4) && own != of(order, 4) && own != of(bit, 4));
    assert_true(own != of(zero, 4) && own != of(x, 3) && own != of(nan, 4));
    assert_true(of(nan, 4) == of(other, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_known_bits),
        cmocka_unit_test(every_line_has_a_case),
        cmocka_unit_test(other_bits_are_refused),
        cmocka_unit_test(the_hash_sees_what_it_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
