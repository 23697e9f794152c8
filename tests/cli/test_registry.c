#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/cli/registry.h"

#include <stdlib.h>
#include <string.h>

static ts_ctx ctx;

static int open_ctx(void **state)
{
    (void)state;
    ts_ctx_open_plain(&ctx);
    return 0;
}

static int close_ctx(void **state)
{
    (void)state;
    ts_ctx_close(&ctx);
    return 0;
}

static void finds(void **state)
{
    (void)state;
    ts_call call = {0};
    const ts_module *m = ts_registry_find(&ctx, "vae.decode", &call);
    assert_non_null(m);
    assert_string_equal(m->pattern, "vae.decode");
    assert_string_equal(call.module, "vae.decode");
    assert_null(ts_registry_find(&ctx, "rng.torch_cpo", &call));
    assert_int_equal(ctx.status, TS_ERROR_USAGE);
    assert_non_null(strstr(ctx.message, "unknown module rng.torch_cpo; the nearest is rng.torch_cpu"));
    ts_ctx_clear(&ctx);
    assert_null(ts_registry_find(&ctx, "", &call));
    ts_ctx_clear(&ctx);
}

/* Every module is listed with what a user needs, and found under a name of its pattern. */
static void all_are_described(void **state)
{
    (void)state;
    const ts_module *m;
    int n = 0;
    for (; (m = ts_registry_at(n)); n++) {
        char name[256];
        size_t k = 0;
        for (const char *p = m->pattern; *p && k + 8 < sizeof name; p++) {
            if (p[0] == '*' && p[1] == '*') {
                memcpy(name + k, "x.y", 3);
                k += 3;
                p++;
            } else {
                name[k++] = *p == '*' ? '0' : *p;
            }
        }
        name[k] = '\0';
        ts_call call = {0};
        const ts_module *found = ts_registry_find(&ctx, name, &call);
        if (found != m)
            fail_msg("%s (%s) is hidden by %s", m->pattern, name, found ? found->pattern : "none");
        assert_true(m->text && *m->text && m->outputs && m->run);
    }
    assert_true(n > 20);
}

static void settings(void **state)
{
    (void)state;
    const ts_module m = {.pattern = "a.b", .settings = "size config.d_ff names"};
    static const struct {
        const char *json;
        ts_status status;
    } of[] = {{"{}", TS_OK},
              {"{\"size\": 1, \"names\": []}", TS_OK},
              {"{\"zero_gradients\": []}", TS_OK},
              {"{\"siz\": 1}", TS_ERROR_USAGE},
              {"{\"sizes\": 1}", TS_ERROR_USAGE},
              {"{\"config.d_ff\": 1}", TS_OK},
              {"{\"size.x\": 1}", TS_OK}};
    for (int i = 0; i < 7; i++) {
        json_t *s = json_loads(of[i].json, 0, NULL);
        assert_int_equal(ts_registry_check_settings(&ctx, &m, "a.b", s), of[i].status);
        if (of[i].status)
            assert_non_null(strstr(ctx.message, "it knows: size config.d_ff names"));
        ts_ctx_clear(&ctx);
        json_decref(s);
    }
    assert_int_equal(ts_registry_check_settings(&ctx, &m, "a.b", NULL), TS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds), cmocka_unit_test(all_are_described),
                                       cmocka_unit_test(settings)};
    return cmocka_run_group_tests(tests, open_ctx, close_ctx);
}
