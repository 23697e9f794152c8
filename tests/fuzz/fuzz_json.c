/* A JSON text: read, asked for values of every type, printed and read again. */
#include "tests/fuzz/fuzz.h"

#include "ref/io/json.h"

#include <string.h>

static void ask(const json_t *object)
{
    static const char *const keys[] = {"a", "a.b", "a.b.c", "", ".", "shift", "list"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        ts_ctx ctx;
        int64_t list[4];
        ts_ctx_open_plain(&ctx);
        ts_json_int(&ctx, object, "f", keys[i], 1);
        ts_ctx_clear(&ctx);
        ts_json_real(&ctx, object, "f", keys[i], 1);
        ts_ctx_clear(&ctx);
        ts_json_bool(&ctx, object, "f", keys[i], true);
        ts_ctx_clear(&ctx);
        ts_json_text(&ctx, object, "f", keys[i], "");
        ts_ctx_clear(&ctx);
        fuzz_require(ts_json_ints(&ctx, object, "f", keys[i], list, 4) <= 4, "no more than room");
        fuzz_end(&ctx);
    }
}

int fuzz_json(const uint8_t *data, size_t size)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    json_t *value = ts_json_read(&ctx, fuzz_file("a.json", data, size));
    fuzz_require(!value == (ctx.status != TS_OK), "a value or a failure");
    if (value) {
        ask(value);
        char *text = ts_json_dump(&ctx, value, 2);
        fuzz_require(text != NULL, "a value can be printed");
        json_t *again = ts_json_parse(&ctx, text, (int64_t)strlen(text), "again", 0);
        fuzz_require(again && json_equal(value, again), "and is the same when read");
        json_decref(again);
        ts_free(text);
    }
    json_decref(value);
    fuzz_end(&ctx);
    return 0;
}
