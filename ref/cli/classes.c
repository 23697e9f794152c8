/* classes.c: by which rule is a tensor judged?
 *
 * Test: tests/cli/test_classes.c */
#include "ref/cli/classes.h"

#include <string.h>

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool ends(const char *text, const char *with)
{
    const size_t n = strlen(text), m = strlen(with);
    return n >= m && strcmp(text + n - m, with) == 0;
}

/* One operation, or a few with no depth: norms, embedders, position tables. */
static bool is_rounded(const char *module)
{
    const char *dot = strrchr(module, '.'), *last = dot ? dot + 1 : module;
    return starts(module, "ops.") || starts(module, "des.") || strcmp(module, "optim.lars") == 0 ||
           strstr(last, "norm") || ends(last, "embedder") || strcmp(last, "time_text_embed") == 0 ||
           strcmp(last, "time_proj") == 0 || strcmp(last, "pos_embed") == 0;
}

ts_class ts_class_of(const ts_case *c, const ts_target *t)
{
    const ts_tensor stored = ts_is_empty(t->published) ? t->truth : t->published;
    const char *module = c->job.module;
    const json_t *named = json_is_object(c->classes) ? json_object_get(c->classes, t->name)
                                                     : c->classes;
    ts_class class;
    if (json_is_string(named) && t->kind == TS_OUTPUT &&
        ts_class_from_name(json_string_value(named), &class))
        return class;
    if (!ts_is_empty(stored) && !ts_dtype_is_float(stored.dtype))
        return TS_CLASS_EXACT;
    if (strcmp(module, "rng.torch_cpu_default") == 0)
        return TS_CLASS_WITHIN;
    if (starts(module, "rng."))
        return TS_CLASS_EXACT;
    return is_rounded(module) && t->kind != TS_TRACE ? TS_CLASS_ROUNDED : TS_CLASS_PATH;
}

const ts_target *ts_picture_of(const ts_case *c, const ts_target *t)
{
    const ts_tensor bytes = t->published;
    if (t->kind != TS_OUTPUT || bytes.dtype != TS_U8 || bytes.rank != 3 || !ends(t->name, "_u8"))
        return NULL;
    for (int64_t i = 0; i < c->count; i++) {
        const ts_target *p = &c->targets[i];
        const ts_tensor x = p->published;
        if (p->kind == TS_OUTPUT && strlen(p->name) + 3 == strlen(t->name) &&
            starts(t->name, p->name) && x.rank == 4 && x.size[0] == 1 &&
            x.size[1] == bytes.size[2] && x.size[2] == bytes.size[0] &&
            x.size[3] == bytes.size[1] && ts_dtype_is_float(x.dtype))
            return p;
    }
    return NULL;
}
