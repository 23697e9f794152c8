/* modules.h: the tables of modules that the command itself defines: the operations. */
#ifndef TS_CLI_MODULES_H
#define TS_CLI_MODULES_H

#include "ref/io/module.h"

extern const ts_module ts_ops_pointwise_modules[]; /* norms, activations, arithmetic, positions */
extern const ts_module ts_ops_product_modules[];   /* linear, matmul, convolution, attention */
extern const ts_module ts_ops_shape_modules[];     /* views, joins, look-up, pictures, losses */

#endif
