#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/command.h"

#include "ref/ops/table.h"

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every bundled case: the published values are accepted, and our run is, as that program's. */
static int walk(const char *pattern, bool published)
{
    glob_t found;
    int cases = 0;
    if (glob(pattern, 0, NULL, &found) != 0)
        return 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *path = found.gl_pathv[i];
        const bool rows = strcmp(path + strlen(path) - 5, ".json") == 0;
        if (published && rows)
            continue;
        const int code = published ? command("check %s --output %s", path, path)
                                   : command("check %s", path);
        if (code)
            fail_msg("%s", command_said);
        cases++;
    }
    globfree(&found);
    return cases;
}

static void every_case(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        int least;
    } of[] = {{"data/goldens/modules/[!s]*.safetensors", 8},
              {"data/goldens/modules/single*.safetensors", 2},
              {"data/goldens/transformer/[a-m]_*.safetensors", 13},
              {"data/goldens/vae/*16x24*.safetensors", 2},
              {"data/goldens/text/*.safetensors", 11},
              {"data/goldens/rng/*.safetensors", 2}};
    for (int i = 0; i < 6; i++)
        for (int published = 0; published < 2; published++)
            assert_true(walk(of[i].pattern, published) >= of[i].least);
}

static void precisions_and_backends(void **state)
{
    (void)state;
    static const char *const how[] = {"--precision f64", "--precision bf16", "--precision f16",
                                      "--backend plain", "--threads 1", "--set sinusoid=f32",
                                      "--backend blas"};
    for (int i = 0; i < (ts_table_named("blas") ? 7 : 6); i++)
        if (command("check data/goldens/modules/double_block.safetensors "
                    "data/goldens/modules/time_text_embed.safetensors %s", how[i]) != 0)
            fail_msg("%s", command_said);
}

static void formats(void **state)
{
    (void)state;
    static const char two[] = "data/goldens/modules/norm_out.safetensors none.safetensors";
    assert_int_equal(command("check %s --format tap", two), 1);
    command_must_say("1..2\nok 1");
    command_must_say("not ok 2");
    assert_int_equal(command("check %s --format junit", two), 1);
    command_must_say("failures=\"1\"");
    assert_int_equal(command("check %s --format json", two), 1);
    command_must_say("\"pass\": true");
    assert_int_equal(command("check %s", two), 1);
    command_must_say("1 of 2 cases passed");
    command_must_say("repeat: touchstone check none.safetensors");
    assert_int_equal(command("check data/goldens/modules/norm_out.safetensors --verbose"), 0);
    command_must_say("ok   output output");
}

static void usage(void **state)
{
    (void)state;
    static const char one[] = "data/goldens/modules/norm_out.safetensors";
    assert_int_equal(command("check"), 2);
    assert_int_equal(command("check %s --format xml", one), 2);
    assert_int_equal(command("check %s --precision f8", one), 2);
    assert_int_equal(command("check %s --backend tpu", one), 2);
    assert_int_equal(command("check %s --set nonsense=1", one), 2);
    command_must_say("has no setting \"nonsense\"");
    assert_int_equal(command("check %s --set nonsense", one), 2);
    assert_int_equal(command("check %s %s --output x.safetensors", one, one), 2);
    assert_int_equal(command("check %s --output none.safetensors", one), 1);
}

/* Somebody's output: a missing one fails, unless --partial; arrays of NumPy are read. */
static void outputs(void **state)
{
    (void)state;
    static const char one[] = "data/goldens/modules/double_block_plain.safetensors";
    static const char other[] = "data/goldens/modules/norm_out.safetensors";
    assert_int_equal(command("check %s --output %s", one, other), 1);
    command_must_say("FAIL output 0: missing");
    assert_int_equal(command("check %s --output %s --partial", one, other), 0);
}

/* A text may hold the character U+0000: a byte like any other for ByT5. */
static void nul_in_a_text(void **state)
{
    (void)state;
    char path[256];
    for (int right = 0; right < 2; right++) {
        snprintf(path, sizeof path, "%s/nul.json", command_folder());
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fprintf(file, "{\"module\": \"text.byt5_tokenizer\", \"rows\": [{\"text\": \"a\\u0000b\", "
                      "\"ids\": [100, %d, 101, 1]}]}", right ? 3 : 4);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(command("check %s", path), right ? 0 : 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_case),
                                       cmocka_unit_test(precisions_and_backends),
                                       cmocka_unit_test(formats), cmocka_unit_test(usage),
                                       cmocka_unit_test(outputs), cmocka_unit_test(nul_in_a_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
