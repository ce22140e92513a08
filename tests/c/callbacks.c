/* A function of the host as a score: the same bits as a formula, refused in the wrong version, safe when it fails. */
#include "check.h"

static const char HOSTED[] = "[event.purchase]\n"
                             "customer = \"customer\"\n"
                             "at       = \"at\"\n"
                             "amount   = \"amount\"\n"
                             "[feature.spend]\n"
                             "sum       = \"amount\"\n"
                             "on        = \"purchase\"\n"
                             "half_life = \"90d\"\n"
                             "[feature.orders]\n"
                             "count = \"event\"\n"
                             "on    = \"purchase\"\n"
                             "[score.formula]\n"
                             "value = \"spend * 2.0 + orders\"\n"
                             "[score.hosted]\n"
                             "callback = \"model\"\n"
                             "version  = \"1\"\n"
                             "inputs   = [\"spend\", \"orders\"]\n"
                             "[segment.tier]\n"
                             "axis.risk = { of = \"hosted\", edges = [10.0], labels = [\"low\", \"high\"] }\n";

typedef struct context {
    int fail, released;
    bactrian_engine *engine;
    bactrian_status inner, deciding;
} context;

static int32_t model(void *context_, const double *inputs, size_t length, double *value) {
    context *given = context_;
    int64_t now;
    CHECK(length == 2);
    if (given->engine) {
        bactrian_id anna = bactrian_id_text("anna");
        bactrian_decision *decision = NULL;
        given->inner = bactrian_engine_now(given->engine, &now);
        given->deciding = bactrian_engine_decide(given->engine, &anna, NULL, BACTRIAN_NOW, &decision);
    }
    if (given->fail) return given->fail;
    *value = inputs[0] * 2.0 + inputs[1];
    return 0;
}

static int32_t infinite(void *context_, const double *inputs, size_t length, double *value) {
    (void)context_, (void)length;
    *value = inputs[1] / 0.0;
    return 0;
}

static int32_t silent(void *context_, const double *inputs, size_t length, double *value) {
    (void)context_, (void)inputs, (void)length, (void)value;
    return 0;
}

static void release(void *context_) {
    ((context *)context_)->released++;
}

static void same_bits(const bactrian_engine *engine, const bactrian_reader *reader, context *given) {
    bactrian_id anna = bactrian_id_text("anna");
    double values[2];
    int day;
    FAILS(buy(engine, &anna, 8.0, 0, NULL), BACTRIAN_STATUS_CALLBACK);
    OK(bactrian_engine_register(engine, "model", "2", model, given, release));
    FAILS(buy(engine, &anna, 8.0, 0, NULL), BACTRIAN_STATUS_CALLBACK);
    SAME(bactrian_error_message(), "column `hosted` needs the callback `model` of version `1`");
    SAME(bactrian_error_hint(), "the host has registered version 2");
    OK(bactrian_engine_register(engine, "model", "2", silent, NULL, NULL));
    CHECK(given->released == 1); /* the one that was replaced */
    OK(bactrian_engine_register(engine, "model", "1", model, given, release));
    for (day = 0; day < 30; day++) {
        OK(buy(engine, &anna, 3.7 * day, day * DAY, NULL));
        OK(bactrian_reader_read(reader, &anna, NULL, BACTRIAN_NOW, values));
        CHECK(memcmp(&values[0], &values[1], sizeof *values) == 0);
    }
}

static void failures(bactrian_engine *engine, const bactrian_reader *reader, context *given) {
    bactrian_id anna = bactrian_id_text("anna");
    bactrian_callback_list *list = NULL;
    const bactrian_callback_info *info;
    double values[2];

    given->fail = 7;
    given->engine = engine;
    OK(bactrian_reader_read(reader, &anna, NULL, BACTRIAN_NOW, values));
    CHECK(isfinite(values[0]) && isnan(values[1]));
    /* From within, the engine is locked. */
    CHECK(given->inner == BACTRIAN_STATUS_CALLBACK && given->deciding == BACTRIAN_STATUS_CALLBACK);
    OK(bactrian_engine_callbacks(engine, &list));
    CHECK(bactrian_callback_list_count(list) == 2 && bactrian_callback_list_at(list, 2) == NULL);
    info = bactrian_callback_list_at(list, 0);
    SAME(info->name, "model");
    SAME(info->version, "1");
    SAME(info->failure, "it returned 7");
    CHECK(info->failed == 1 && info->unknown == 0 && info->calls > 30);
    CHECK(bactrian_callback_list_at(list, 1)->failure == NULL);
    bactrian_callback_list_free(list);

    OK(bactrian_engine_register(engine, "model", "1", infinite, NULL, NULL));
    OK(bactrian_reader_read(reader, &anna, NULL, BACTRIAN_NOW, values));
    CHECK(isnan(values[1]));
    OK(bactrian_engine_register(engine, "model", "1", silent, NULL, NULL));
    OK(bactrian_reader_read(reader, &anna, NULL, BACTRIAN_NOW, values));
    CHECK(isnan(values[1]));
    OK(bactrian_engine_callbacks(engine, &list));
    CHECK(bactrian_callback_list_at(list, 0)->unknown == 1 && bactrian_callback_list_at(list, 0)->failed == 0);
    bactrian_callback_list_free(list);
}

/* Stops after as many questions as the context says, and counts those that came. */
typedef struct {
    int left, asked, released;
} patience;

static int32_t stops(void *context) {
    patience *with = (patience *)context;
    with->asked++;
    return with->left-- <= 0;
}

static void let_go(void *context) {
    ((patience *)context)->released++;
}

static void interrupts(void) {
    bactrian_engine *engine = open_shop(NULL);
    bactrian_id anna = bactrian_id_text("anna");
    bactrian_field consent = bactrian_field_flag("consent", 1);
    struct ArrowArrayStream stream;
    patience none = {0, 0, 0}, some = {1, 0, 0};
    uint64_t before, after;

    OK(buy(engine, &anna, 8.0, 0, NULL));
    OK(bactrian_engine_digest(engine, &before));
    OK(bactrian_engine_set_interrupt(engine, stops, &none, let_go));
    FAILS(bactrian_engine_score(engine, NULL, 0, NULL, 0, NULL, BACTRIAN_NOW, &stream), BACTRIAN_STATUS_INTERRUPTED);
    FAILS(bactrian_engine_fit(engine, NULL, 0, NULL), BACTRIAN_STATUS_INTERRUPTED);
    FAILS(bactrian_engine_training_set(engine, NULL, 0, NULL, 0, DAY, BACTRIAN_NOW, &stream), BACTRIAN_STATUS_INTERRUPTED);
    OK(bactrian_engine_digest(engine, &after));
    CHECK(before == after && none.asked == 3 && none.released == 0);
    OK(bactrian_engine_identify(engine, &anna, BACTRIAN_NOW, &consent, 1, NULL)); /* short work is not asked about */

    OK(bactrian_engine_set_interrupt(engine, stops, &some, let_go)); /* the first hook is given back */
    CHECK(none.released == 1 && some.asked == 0);
    OK(bactrian_engine_score(engine, NULL, 0, NULL, 0, NULL, BACTRIAN_NOW, &stream));
    stream.release(&stream);
    CHECK(some.asked == 1);
    OK(bactrian_engine_set_interrupt(engine, NULL, NULL, NULL));
    CHECK(some.released == 1);
    OK(bactrian_engine_fit(engine, NULL, 0, NULL));
    CHECK(some.asked == 1);
    FAILS(bactrian_engine_set_interrupt(NULL, stops, &some, let_go), BACTRIAN_STATUS_NULL_POINTER);
    CHECK(some.released == 2); /* also when the call fails */
    bactrian_engine_free(engine);
}

/* The same hook, from the first record of a file on. */
static void interrupts_opening(void) {
    const char *path = scratch("shop.bactrian");
    bactrian_engine *engine = open_shop(path);
    bactrian_options options = BACTRIAN_OPTIONS_INIT;
    bactrian_id anna = bactrian_id_text("anna");
    struct ArrowArrayStream stream;
    patience none = {0, 0, 0}, some = {1000, 0, 0};

    OK(buy(engine, &anna, 8.0, 0, NULL));
    bactrian_engine_free(engine);
    engine = NULL;

    options.interrupt = stops;
    options.context = &none;
    options.release = let_go;
    FAILS(bactrian_engine_open(path, NULL, &options, &engine), BACTRIAN_STATUS_INTERRUPTED);
    CHECK(!engine && none.asked > 0 && none.released == 1);
    FAILS(bactrian_engine_open(path, NULL, &options, NULL), BACTRIAN_STATUS_NULL_POINTER);
    CHECK(none.released == 2); /* also when nothing was opened */

    options.context = &some;
    OK(bactrian_engine_open(path, NULL, &options, &engine));
    CHECK(some.asked > 0 && some.released == 0);
    some.left = 0;
    FAILS(bactrian_engine_score(engine, NULL, 0, NULL, 0, NULL, BACTRIAN_NOW, &stream), BACTRIAN_STATUS_INTERRUPTED);
    bactrian_engine_free(engine);
    CHECK(some.released == 1);
    remove(path);
}

int main(void) {
    interrupts();
    interrupts_opening();
    const char *columns[] = {"formula", "hosted"};
    bactrian_definition *definition = NULL;
    bactrian_engine *engine = NULL;
    bactrian_reader *reader = NULL;
    context given = {0, 0, NULL, BACTRIAN_STATUS_OK, BACTRIAN_STATUS_OK};

    OK(bactrian_definition_from_toml(HOSTED, &definition));
    OK(bactrian_engine_open(NULL, definition, NULL, &engine));
    bactrian_definition_free(definition);
    OK(bactrian_reader_prepare(engine, columns, 2, &reader));
    same_bits(engine, reader, &given);
    failures(engine, reader, &given);
    CHECK(given.released == 2); /* replaced again */
    FAILS(bactrian_engine_register(engine, "model", "1", NULL, &given, release), BACTRIAN_STATUS_NULL_POINTER);
    CHECK(given.released == 3); /* also when the call fails */
    OK(bactrian_engine_register(engine, "model", "1", model, &given, release));
    bactrian_reader_free(reader);
    bactrian_engine_free(engine);
    CHECK(given.released == 4); /* with the last handle of the engine */
    return 0;
}
