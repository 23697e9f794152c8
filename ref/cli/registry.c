#include "ref/cli/registry.h"

#include "ref/cli/options.h"

#include <stdio.h>
#include <string.h>

#define TABLE(name) extern const ts_module name[];
#include "ref/cli/tables.def"
#undef TABLE

static const ts_module *const tables[] = {
#define TABLE(name) name,
#include "ref/cli/tables.def"
#undef TABLE
    NULL};

const ts_module *ts_registry_at(int i)
{
    for (int t = 0; tables[t]; t++)
        for (const ts_module *m = tables[t]; m->pattern; m++)
            if (i-- == 0)
                return m;
    return NULL;
}

enum { MANY = 512 };

/* The name with its numbers as '*', so that "blocks.7.atn" is near "blocks.*.attn". */
static void pattern_of(const char *name, char *pattern, size_t room)
{
    size_t n = 0;
    for (const char *p = name; *p && n + 1 < room; p++) {
        const bool digit = *p >= '0' && *p <= '9' && (p == name || p[-1] == '.');
        if (digit) {
            while (p[1] >= '0' && p[1] <= '9')
                p++;
            pattern[n++] = '*';
        } else {
            pattern[n++] = *p;
        }
    }
    pattern[n] = '\0';
}

const ts_module *ts_registry_find(ts_ctx *ctx, const char *name, ts_call *call)
{
    const char *known[MANY + 1];
    char pattern[256];
    int n = 0;
    for (int t = 0; tables[t]; t++) {
        const ts_module *m = ts_module_find(tables[t], name, call);
        if (m)
            return m;
    }
    for (const ts_module *m; n < MANY && (m = ts_registry_at(n)); n++)
        known[n] = m->pattern;
    known[n] = NULL;
    pattern_of(name, pattern, sizeof pattern);
    const char *near = ts_nearest(pattern, known);
    ts_fail(ctx, TS_ERROR_USAGE, "unknown module %s%s%s (`touchstone run --list` lists all)", name,
            near ? "; the nearest is " : "", near ? near : "");
    return NULL;
}

/* Is `key`, or the part of it before its first dot, one of the blank-separated words? */
static bool is_word(const char *words, const char *key)
{
    const size_t length = strcspn(key, ".");
    while (words && *words) {
        const size_t n = strcspn(words, " ");
        if ((n == length || n == strlen(key)) && strncmp(words, key, n) == 0)
            return true;
        words += n + strspn(words + n, " ");
    }
    return false;
}

ts_status ts_registry_check_settings(ts_ctx *ctx, const ts_module *module, const char *name,
                                     const json_t *settings)
{
    for (void *i = json_object_iter((json_t *)(uintptr_t)settings); i;
         i = json_object_iter_next((json_t *)(uintptr_t)settings, i)) {
        const char *key = json_object_iter_key(i);
        if (is_word(module->settings, key) || strcmp(key, "zero_gradients") == 0)
            continue;
        return ts_fail(ctx, TS_ERROR_USAGE, "%s has no setting \"%s\"; it knows: %s", name, key,
                       module->settings && *module->settings ? module->settings : "none");
    }
    return TS_OK;
}

void ts_registry_list(const char *word)
{
    const ts_module *m;
    for (int i = 0; (m = ts_registry_at(i)); i++) {
        if (word && !strstr(m->pattern, word) && !strstr(m->text, word))
            continue;
        printf("%s\n    %s\n", m->pattern, m->text);
        if (m->inputs && *m->inputs)
            printf("    in:       %s\n", m->inputs);
        if (m->outputs && *m->outputs)
            printf("    out:      %s\n", m->outputs);
        if (m->settings && *m->settings)
            printf("    settings: %s\n", m->settings);
    }
}
