/* Machines and compilers that are refused, and the sentence they get. The headers are compiled as for
 * such machines: with the compiler's own options where it has them, otherwise by what it would
 * define. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/base/target.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 16384 };

/* The compiler's exit status; what it said into `said`. */
static int compile(char said[TEXT], const char *options, const char *header)
{
    const char *cc = getenv("CC");
    char line[1024];
    snprintf(line, sizeof line,
             "printf '#include \"%s\"\\nint it;\\n' | %s -std=c11 -I. %s -fsyntax-only -x c - 2>&1", header,
             cc && *cc ? cc : "cc", options);
    FILE *pipe = popen(line, "r");
    assert_non_null(pipe);
    said[fread(said, 1, TEXT - 1, pipe)] = '\0';
    return pclose(pipe);
}

static bool compiler(void)
{
    static char said[TEXT];
    if (compile(said, "", "ref/base/target.h") == 0)
        return true;
    print_message("no compiler here: skipped\n");
    return false;
}

static void refused(const char *options, const char *header, const char *why)
{
    static char said[TEXT];
    assert_int_not_equal(compile(said, options, header), 0);
    if (!strstr(said, why))
        fail_msg("%s with %s: \"%s\" is missing in:\n%s", header, options, why, said);
}

/* Every way in: what users include, a kernel's arithmetic, the elementary functions. */
static const char *const doors[] = {"ref/touchstone.h", "ref/base/real.h", "ref/base/ctx.h",
                                    "ref/base/dtype.h", "ref/base/mathf.h", "ref/base/rng.h"};
enum { DOORS = sizeof doors / sizeof *doors };

static void thirty_two_bits(void **state)
{
    (void)state;
    if (!compiler())
        skip();
    for (int i = 0; i < DOORS; i++) {
        refused("-w -U__SIZEOF_POINTER__ -D__SIZEOF_POINTER__=4", doors[i], "32-bit targets");
#if defined(__x86_64__)
        refused("-m32", doors[i], "32-bit targets");
        refused("-mx32", doors[i], "32-bit targets");
#endif
    }
}

static void excess_bits(void **state)
{
    (void)state;
    if (!compiler())
        skip();
    for (int i = 0; i < DOORS; i++) {
        refused("-w -U__FLT_EVAL_METHOD__ -D__FLT_EVAL_METHOD__=2", doors[i], "x87 keeps extra");
        refused("-w -U__FLT_EVAL_METHOD__ -D__FLT_EVAL_METHOD__=-1", doors[i], "x87 keeps extra");
        refused("-w -U__FLT_EVAL_METHOD__ -D__FLT_EVAL_METHOD__=1", doors[i],
                "-fexcess-precision=fast");
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
        refused("-mfpmath=387", doors[i], "x87 keeps extra");
#endif
    }
}

static void fast_math(void **state)
{
    (void)state;
    if (!compiler())
        skip();
    for (int i = 0; i < DOORS; i++) {
        refused("-ffast-math", doors[i], "fast-math");
        refused("-ffinite-math-only", doors[i], "fast-math");
    }
}

static void this_machine_is_taken(void **state)
{
    (void)state;
    static char said[TEXT];
    if (!compiler())
        skip();
    for (int i = 0; i < DOORS; i++)
        if (compile(said, "-O2 -ffp-contract=off", doors[i]))
            fail_msg("%s: %s", doors[i], said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thirty_two_bits),
        cmocka_unit_test(excess_bits),
        cmocka_unit_test(fast_math),
        cmocka_unit_test(this_machine_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
