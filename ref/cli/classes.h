/* classes.h: the class of a tensor by the law (ref/base/judge.h), and what bytes of a picture stand for. */
#ifndef TS_CLI_CLASSES_H
#define TS_CLI_CLASSES_H

#include "ref/base/judge.h"
#include "ref/cli/case.h"

/* By the case's word, by the tensor's type, by the module's name. */
ts_class ts_class_of(const ts_case *c, const ts_target *t);

/* The float picture that bytes NAME_u8 (H, W, C) are made of: NAME (1, C, H, W), if the case has it. */
const ts_target *ts_picture_of(const ts_case *c, const ts_target *t);

#endif
