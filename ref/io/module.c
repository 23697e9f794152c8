/* module.c: finding a module by name, and what a call carries. See module.h. */
#include "ref/io/module.h"

#include "ref/io/json.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The digits of a number at the beginning of text: its length, 0 when it is none ("007" is none:
 * every module has one name). */
static int64_t number(const char *text, int64_t *value)
{
    int64_t length = 0;
    *value = 0;
    while (text[length] >= '0' && text[length] <= '9' && length < 18)
        *value = *value * 10 + (text[length++] - '0');
    return length > 1 && text[0] == '0' ? 0 : length;
}

static bool fits(const char *pattern, const char *name, int64_t *wild, const char **rest)
{
    int numbers = 0;
    *rest = NULL;
    for (; *pattern; pattern++) {
        if (pattern[0] == '*' && pattern[1] == '*') {
            *rest = name;
            return pattern[2] == '\0';
        }
        if (*pattern == '*') {
            int64_t value;
            const int64_t length = number(name, &value);
            if (length == 0 || numbers == TS_MAX_WILD)
                return false;
            wild[numbers++] = value;
            name += length;
        } else if (*pattern != *name++) {
            return false;
        }
    }
    return *name == '\0';
}

const ts_module *ts_module_find(const ts_module *table, const char *name, ts_call *call)
{
    for (const ts_module *module = table; module->pattern; module++) {
        int64_t wild[TS_MAX_WILD] = {0};
        const char *rest = NULL;
        if (!fits(module->pattern, name, wild, &rest))
            continue;
        memcpy(call->wild, wild, sizeof wild);
        call->rest = rest;
        call->module = name;
        return module;
    }
    return NULL;
}

/* Inputs and outputs. -------------------------------------------------------------------------- */

ts_tensor ts_call_input(ts_ctx *ctx, const ts_call *call, const char *name)
{
    const ts_tensor t = ts_items_get(&call->inputs, name);
    if (ts_is_empty(t))
        ts_fail(ctx, TS_ERROR_USAGE, "%s: the input %s is missing", call->module, name);
    return t;
}

ts_tensor ts_call_sole_input(ts_ctx *ctx, const ts_call *call, const char *name)
{
    const bool other = call->inputs.count == 1 && ts_is_empty(ts_items_get(&call->inputs, name));
    return other ? call->inputs.items[0].value : ts_call_input(ctx, call, name);
}

ts_tensor ts_call_optional(const ts_call *call, const char *name)
{
    return ts_items_get(&call->inputs, name);
}

void ts_call_output(ts_ctx *ctx, ts_call *call, const char *name, ts_tensor value)
{
    if (!ctx->status && ts_is_empty(value))
        ts_fail(ctx, TS_ERROR_USAGE, "%s: the output %s was not computed", call->module, name);
    ts_items_add(ctx, &call->outputs, name, value);
}

/* Settings. ------------------------------------------------------------------------------------ */

enum { WHERE = 256 };

static const char *settings_of(const ts_call *call, char text[WHERE])
{
    snprintf(text, WHERE, "%s: settings", call->module);
    return text;
}

double ts_call_real(ts_ctx *ctx, const ts_call *call, const char *key, double otherwise)
{
    char where[WHERE];
    return ts_json_real(ctx, call->settings, settings_of(call, where), key, otherwise);
}

int64_t ts_call_int(ts_ctx *ctx, const ts_call *call, const char *key, int64_t otherwise)
{
    char where[WHERE];
    return ts_json_int(ctx, call->settings, settings_of(call, where), key, otherwise);
}

bool ts_call_bool(ts_ctx *ctx, const ts_call *call, const char *key, bool otherwise)
{
    char where[WHERE];
    return ts_json_bool(ctx, call->settings, settings_of(call, where), key, otherwise);
}

const char *ts_call_text(ts_ctx *ctx, const ts_call *call, const char *key, const char *otherwise)
{
    char where[WHERE];
    return ts_json_text(ctx, call->settings, settings_of(call, where), key, otherwise);
}

const json_t *ts_call_json(const ts_call *call, const char *key)
{
    return ts_json_find(call->settings, key);
}

/* Weights. ------------------------------------------------------------------------------------- */

/* Switched on once a call, so that asking again does not forget what was handed out. */
static ts_weights *params_of(ts_call *call)
{
    if (!call->params_ready)
        ts_weights_want_grads(call->params, call->want_param_grads);
    call->params_ready = true;
    return call->params;
}

ts_weights *ts_call_weights(ts_ctx *ctx, ts_call *call, const char *component)
{
    if (ctx->status)
        return NULL;
    if (call->params && ts_weights_count(call->params) > 0)
        return params_of(call);
    if (!call->checkpoint) {
        ts_fail(ctx, TS_ERROR_USAGE,
                "%s: no weights: give a checkpoint, or param.NAME tensors in the case",
                call->module);
        return NULL;
    }
    for (int i = 0; i < TS_MAX_OPENED && call->opened[i]; i++)
        if (strcmp(ts_weights_component(call->opened[i]), component) == 0)
            return call->opened[i];
    return ts_call_keep(ctx, call, ts_weights_open(ctx, call->checkpoint, component));
}

ts_weights *ts_call_keep(ts_ctx *ctx, ts_call *call, ts_weights *w)
{
    for (int i = 0; w && i < TS_MAX_OPENED; i++)
        if (!call->opened[i]) {
            ts_weights_want_grads(w, call->want_param_grads);
            return call->opened[i] = w;
        }
    if (w)
        ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s: more than %d sets of weights", call->module,
                TS_MAX_OPENED);
    ts_weights_close(w);
    return NULL;
}

void ts_call_free(ts_call *call)
{
    ts_items_free(&call->inputs);
    ts_items_free(&call->outputs);
    json_decref(call->answer);
    json_decref(call->facts);
    for (size_t i = 0; i < TS_MAX_OPENED; i++)
        ts_weights_close(call->opened[i]);
    *call = (ts_call){0};
}
