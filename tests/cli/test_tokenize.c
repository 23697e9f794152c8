#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/command.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define ROWS "data/goldens/text/real_tokenizers/rows.jsonl"

static void prints_ids(void **state)
{
    (void)state;
    assert_int_equal(command("tokenize clip \"it's\" 'GRAND OPENING'"), 0);
    assert_string_equal(command_said, "[49406, 585, 568, 49407]\n[49406, 2991, 2516, 49407]\n");
    assert_int_equal(command("tokenize t5 --pad 6 'hello world'"), 0);
    assert_string_equal(command_said, "[21820, 296, 1, 0, 0, 0]\n");
    assert_int_equal(command("tokenize byt5 --pad 3 -- abcdef --pad"), 0);
    assert_string_equal(command_said, "[100, 101, 1]\n[48, 48, 1]\n");
    assert_int_equal(command("tokenize clip --clean=basic 'na\xc3\xaf" "ve  caf\xc3\xa9'"), 0);
    command_must_say("[49406, ");
}

/* The texts of the published tokenizers' rows through --json-lines: every id. */
static void rows_equal(const char *words, const char *field)
{
    char texts[256], ids[256];
    int rows = 0;
    snprintf(texts, sizeof texts, "%s/texts", command_folder());
    snprintf(ids, sizeof ids, "%s/ids", command_folder());
    FILE *in = fopen(ROWS, "r"), *to = fopen(texts, "w");
    assert_true(in && to);
    json_t *wanted = json_array(), *row;
    while ((row = json_loadf(in, JSON_DISABLE_EOF_CHECK, NULL))) {
        json_array_append(wanted, json_object_get(row, field));
        json_dumpf(json_object_get(row, "text"), to, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
        fputc('\n', to);
        json_decref(row);
    }
    fclose(in);
    assert_int_equal(fclose(to), 0);
    assert_int_equal(command("tokenize %s --json-lines <%s >%s", words, texts, ids), 0);
    in = fopen(ids, "r");
    assert_non_null(in);
    for (size_t i = 0; i < json_array_size(wanted); i++, rows++) {
        row = json_loadf(in, JSON_DISABLE_EOF_CHECK, NULL);
        if (!json_equal(row, json_array_get(wanted, i)))
            fail_msg("%s: row %d differs", field, rows + 1);
        json_decref(row);
    }
    fclose(in);
    json_decref(wanted);
    assert_true(rows >= 10);
}

static void reads_lines(void **state)
{
    (void)state;
    rows_equal("clip", "clip");
    rows_equal("clip --pad 77", "clip_77");
    rows_equal("t5", "t5");
    rows_equal("t5 --pad 512", "t5_512");
    rows_equal("byt5", "byt5");
}

static void lines(const char *text, int code, const char *said)
{
    char path[256];
    snprintf(path, sizeof path, "%s/lines", command_folder());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(command("tokenize byt5 --json-lines <%s", path), code);
    assert_string_equal(command_said, said);
}

static void names_the_bad_line(void **state)
{
    (void)state;
    lines("", 0, "");
    lines("\"a\"\r\n\"b\\u0000c\"", 0, "[100, 1]\n[101, 3, 102, 1]\n");
    lines("\"a\"\n3\n\"b\"\n", 1,
          "[100, 1]\ntouchstone: standard input, line 2: not a JSON string: 3\n");
    lines("\"a\"\n\n", 1,
          "[100, 1]\ntouchstone: standard input, line 2: unexpected token near end of file\n");
    lines("\"\\ud800\"\n", 1, command_said);
    command_must_say("standard input, line 1: ");
}

static void finds_the_folder(void **state)
{
    (void)state;
    static char first[1 << 16];
    assert_int_equal(command("tokenize clip --tokenizer data/checkpoints/tiny/tokenizer abc"), 0);
    memcpy(first, command_said, sizeof first);
    assert_int_equal(command("tokenize clip --tokenizer data/checkpoints/tiny abc"), 0);
    assert_string_equal(command_said, first);
    assert_int_equal(command("tokenize t5 --tokenizer data/checkpoints/tiny abc"), 0);
}

static void refuses(void **state)
{
    (void)state;
    assert_int_equal(command("tokenize"), 2);
    command_must_say("which tokenizer? clip, t5 or byt5");
    assert_int_equal(command("tokenize bert a"), 2);
    command_must_say("unknown tokenizer \"bert\": clip, t5 or byt5");
    assert_int_equal(command("tokenize clip"), 2);
    command_must_say("no text");
    assert_int_equal(command("tokenize clip --json-lines a"), 2);
    command_must_say("with --json-lines the texts are on standard input");
    assert_int_equal(command("tokenize t5 --clean ftfy a"), 2);
    command_must_say("only CLIP's text is cleaned, not that of t5");
    assert_int_equal(command("tokenize clip --clean wash a"), 2);
    command_must_say("wash");
    assert_int_equal(command("tokenize clip --pad 0 a"), 2);
    command_must_say("--pad: expected a whole number from 1");
    assert_int_equal(command("tokenize clip --tokenizer nowhere a"), 1);
    command_must_say("nowhere");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_ids), cmocka_unit_test(reads_lines),
        cmocka_unit_test(names_the_bad_line), cmocka_unit_test(finds_the_folder),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
