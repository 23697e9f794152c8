/* registry.h: every module that can be run by name, of all rooms. */
#ifndef TS_CLI_REGISTRY_H
#define TS_CLI_REGISTRY_H

#include "ref/io/module.h"

/* The module of that name; fills wild and rest of the call. Without one: TS_ERROR_USAGE, with the
 * nearest known pattern, and NULL. */
const ts_module *ts_registry_find(ts_ctx *ctx, const char *name, ts_call *call);

/* The i-th module, NULL after the last. */
const ts_module *ts_registry_at(int i);

/* Fails (TS_ERROR_USAGE) when the settings hold a key that the module does not know. */
ts_status ts_registry_check_settings(ts_ctx *ctx, const ts_module *module, const char *name,
                                     const json_t *settings);

/* Prints all modules, or those whose pattern or text holds `word`, with inputs, outputs, settings. */
void ts_registry_list(const char *word);

#endif
