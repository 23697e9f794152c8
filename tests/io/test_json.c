#include "tests/support/faults.h"
#include "tests/support/files.h"

#include "ref/io/json.h"

#include <stdlib.h>
#include <string.h>

static json_t *parse(ts_ctx *ctx, const char *text)
{
    return ts_json_parse(ctx, text, (int64_t)strlen(text), "x.json", 0);
}

static void parses(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    static const char *const wrong[][2] = {
        {"", "byte 0"},
        {"{", "x.json: byte 1"},
        {"{\"a\":1,\"a\":2}", "duplicate"},
        {"[1,]", "byte 4"},
        {"{} x", "byte 4"},
        {"\"\xff\"", "unable to decode byte"},
        {"\"\\u0000\"", "not valid JSON"},
        {"123456789012345678901234567890", "too big integer"},
        {"1e999", "real number overflow"},
        {"NaN", "not valid JSON"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_null(parse(&ctx, wrong[i][0]));
        files_failed(&ctx, TS_ERROR_FORMAT, wrong[i][1]);
    }
    char deep[200] = {0}, brackets[200] = "\"";
    memset(deep, '[', 64);
    memset(deep + 64, ']', 64);
    json_t *value = parse(&ctx, deep);
    assert_non_null(value);
    json_decref(value);
    memset(deep, '[', 65);
    memset(deep + 65, ']', 65);
    assert_null(parse(&ctx, deep));
    files_failed(&ctx, TS_ERROR_FORMAT, "byte 64: JSON deeper than 64 levels");
    memset(brackets + 1, '[', 100); /* inside a string they are letters */
    strcpy(brackets + 101, "\\\"[\"");
    value = parse(&ctx, brackets);
    assert_int_equal(json_string_length(value), 102);
    json_decref(value);
    value = ts_json_parse(&ctx, "nul", 3, "x", 100);
    files_failed(&ctx, TS_ERROR_FORMAT, "byte 103");
    ts_ctx_close(&ctx);
}

static void values(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    json_t *o = parse(&ctx, "{\"i\":3,\"r\":0.5,\"b\":true,\"t\":\"x\",\"l\":[1,2],\"m\":[1,\"x\"],"
                            "\"n\":null,\"o\":{\"p\":{\"q\":7}},\"o.p\":8,\"a.b\":{\"c\":9}}");
    int64_t list[2] = {0};
    assert_int_equal(ts_json_int(&ctx, o, "w", "i", 0), 3);
    assert_int_equal(ts_json_int(&ctx, o, "w", "none", 4), 4);
    assert_int_equal(ts_json_int(&ctx, o, "w", "n", 5), 5);
    assert_int_equal(ts_json_int(&ctx, NULL, "w", "i", 6), 6);
    assert_int_equal(ts_json_int(&ctx, o, "w", "o.p", 0), 8);   /* the key before the path */
    assert_int_equal(ts_json_int(&ctx, o, "w", "o.p.q", 0), 7);
    assert_int_equal(ts_json_int(&ctx, o, "w", "i.q", 1), 1);
    assert_float_equal(ts_json_real(&ctx, o, "w", "r", 0), 0.5, 0);
    assert_float_equal(ts_json_real(&ctx, o, "w", "i", 0), 3, 0);
    assert_true(ts_json_bool(&ctx, o, "w", "b", false));
    assert_string_equal(ts_json_text(&ctx, o, "w", "t", ""), "x");
    assert_int_equal(ts_json_ints(&ctx, o, "w", "l", list, 2), 2);
    assert_int_equal(list[1], 2);
    assert_int_equal(ts_json_ints(&ctx, o, "w", "i", list, 2), 1);
    assert_int_equal(list[0], 3);
    assert_int_equal(ts_json_ints(&ctx, o, "w", "none", list, 2), 0);
    assert_true(ts_json_require(&ctx, o, "w", "i"));
    assert_int_equal(ts_ctx_status(&ctx), TS_OK);

    assert_int_equal(ts_json_int(&ctx, o, "w", "r", 4), 4);
    files_failed(&ctx, TS_ERROR_FORMAT, "w: r: expected an integer, got a real number");
    ts_json_real(&ctx, o, "w", "t", 0);
    files_failed(&ctx, TS_ERROR_FORMAT, "w: t: expected a number, got a text");
    ts_json_bool(&ctx, o, "w", "i", true);
    files_failed(&ctx, TS_ERROR_FORMAT, "w: i: expected true or false, got an integer");
    ts_json_text(&ctx, o, "w", "l", "");
    files_failed(&ctx, TS_ERROR_FORMAT, "w: l: expected a text, got a list");
    ts_json_ints(&ctx, o, "w", "b", list, 2);
    files_failed(&ctx, TS_ERROR_FORMAT, "w: b: expected a list of integers, got true");
    ts_json_ints(&ctx, o, "w", "m", list, 2);
    files_failed(&ctx, TS_ERROR_FORMAT, "w: m: expected a list of integers, got a text");
    ts_json_ints(&ctx, o, "w", "l", list, 1);
    files_failed(&ctx, TS_ERROR_FORMAT, "w: l: expected at most 1 integers, got 2");
    assert_false(ts_json_require(&ctx, o, "w", "n"));
    files_failed(&ctx, TS_ERROR_FORMAT, "w: the key n is missing");
    json_decref(o);
    ts_ctx_close(&ctx);
}

static void files(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const char *path = files_path("x.json");
    json_t *o = parse(&ctx, "{\"b\":0.1,\"a\":[1,\"\xe5\x87\xba\"]}");
    assert_int_equal(ts_json_write(&ctx, path, o), TS_OK);
    json_t *again = ts_json_read_object(&ctx, path);
    assert_true(json_equal(o, again));
    char *text = ts_json_dump(&ctx, again, 0);
    assert_string_equal(text, "{\"b\":0.10000000000000001,\"a\":[1,\"\xe5\x87\xba\"]}");
    ts_free(text);
    json_decref(again);
    json_decref(o);
    files_write_text(path, "[]");
    assert_null(ts_json_read_object(&ctx, path));
    files_failed(&ctx, TS_ERROR_FORMAT, "x.json: expected a JSON object");
    assert_null(ts_json_read(&ctx, files_path("none")));
    files_failed(&ctx, TS_ERROR_IO, "No such file");
    ts_ctx_close(&ctx);
}

/* U+0000: where it is asked for, with its length; nowhere else. */
static void nul(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    const char *path = files_path("nul.json");
    files_write_text(path, "{\"rows\":[{\"text\":\"a\\u0000b\",\"n\":[1,\"x\"]}]}");
    assert_null(ts_json_read_object(&ctx, path));
    files_failed(&ctx, TS_ERROR_FORMAT, "not valid JSON");
    json_t *o = ts_json_read_texts(&ctx, path, "text");
    const json_t *row = json_array_get(json_object_get(o, "rows"), 0);
    assert_int_equal(json_string_length(json_object_get(row, "text")), 3);
    assert_memory_equal(json_string_value(json_object_get(row, "text")), "a\0b", 3);
    assert_string_equal(ts_json_text(&ctx, row, "w", "text", "other"), "other");
    files_failed(&ctx, TS_ERROR_FORMAT, "w: text: a text without \\u0000 is expected");
    json_decref(o);
    static const char *const wrong[] = {"{\"a\":\"\\u0000\"}", "{\"text\":[\"\\u0000\"]}",
                                        "{\"text\":{\"b\":[0,\"c\\u0000\"]}}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        files_write_text(path, wrong[i]);
        assert_null(ts_json_read_texts(&ctx, path, "text"));
        files_failed(&ctx, TS_ERROR_FORMAT, "nul.json: \\u0000 is allowed under the key \"text\" alone");
    }
    files_write_text(path, "{\"te\\u0000xt\":1}");
    assert_null(ts_json_read_texts(&ctx, path, "text"));
    files_failed(&ctx, TS_ERROR_FORMAT, "NUL byte in object key");
    files_write_text(path, "[\"text\"]");
    assert_null(ts_json_read_texts(&ctx, path, "text"));
    files_failed(&ctx, TS_ERROR_FORMAT, "expected a JSON object");
    ts_ctx_close(&ctx);
}

static int work(void)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    faults_begin();
    json_t *o = ts_json_read(&ctx, "data/goldens/io/sample.json");
    char *text = ts_json_dump(&ctx, o, 2);
    ts_free(text);
    json_decref(o);
    return faults_answer(&ctx);
}

static void faults(void **state)
{
    (void)state;
    assert_true(faults_walk("work") > 10);
}

int main(int count, char **arguments)
{
    (void)arguments;
    if (count > 1)
        return work();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses),
        cmocka_unit_test(values),
        cmocka_unit_test(files),
        cmocka_unit_test(nul),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
