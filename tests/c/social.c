/* The social customer from C: ties, pairs, peers, communities over their life, whose ear to whisper in. */
#include "check.h"
#include "table.h"

static const char TOWN[] = "[event.purchase]\n"
                           "customer = \"customer\"\n"
                           "at       = \"at\"\n"
                           "need     = \"need\"\n"
                           "[trait]\n"
                           "worth = \"number\"\n"
                           "[tie.talk]\n"
                           "[tie.star]\n"
                           "half_life = \"1d\"\n"
                           "least     = 0.01\n"
                           "[needs.basket]\n"
                           "on     = \"purchase\"\n"
                           "topics = 2\n"
                           "[community.circle]\n"
                           "layers = \"talk\"\n"
                           "[score.degree]\n"
                           "model  = \"degree\"\n"
                           "layers = \"star\"\n"
                           "[score.common]\n"
                           "model  = \"common\"\n"
                           "layers = \"talk\"\n"
                           "[score.overlap]\n"
                           "model  = \"overlap\"\n"
                           "layers = \"talk\"\n";

static const char *const FRIENDS[] = {"ann", "bob", "cid", "dan", "xia", "yan", "zoe"};
static const char *const LEAVES[] = {"l1", "l2", "l3", "l4", "l5"};

static void tie(const bactrian_engine *engine, const char *layer, const char *from, const char *to, double weight) {
    const bactrian_id a = bactrian_id_text(from), b = bactrian_id_text(to);
    bactrian_report *report = NULL;
    OK(bactrian_engine_relate(engine, layer, &a, &b, BACTRIAN_NOW, weight, &report));
    CHECK(bactrian_report_accepted(report) == 1 && bactrian_report_reject_count(report) == 0);
    bactrian_report_free(report);
}

/* Adds a weight to every tie of both circles: ann to dan, and xia to zoe. NaN removes them. */
static void circles(const bactrian_engine *engine, double weight) {
    int i, j;
    for (i = 0; i < 7; i++)
        for (j = i + 1; j < 7; j++)
            if ((i < 4) == (j < 4)) tie(engine, "talk", FRIENDS[i], FRIENDS[j], weight);
}

/* What the fit says of a name in the notes of a column; NULL where it says nothing. */
static const char *note(const bactrian_fit_report *fit, const char *column, const char *name) {
    size_t i, j;
    for (i = 0; i < bactrian_fit_report_column_count(fit); i++) {
        if (strcmp(bactrian_fit_report_column(fit, i)->name, column) != 0) continue;
        for (j = 0; j < bactrian_fit_report_note_count(fit, i); j++)
            if (strcmp(bactrian_fit_report_note(fit, i, j)->name, name) == 0) return bactrian_fit_report_note(fit, i, j)->value;
    }
    return NULL;
}

static void peers_and_pairs(const bactrian_engine *engine) {
    const bactrian_id ann = bactrian_id_text("ann"), bob = bactrian_id_text("bob"), dan = bactrian_id_text("dan");
    const bactrian_id hub = bactrian_id_text("hub"), leaf = bactrian_id_text("l1"), nobody = bactrian_id_text("nobody");
    const char *const pair[] = {"talk", "common", "overlap"};
    bactrian_reader *reader = NULL;
    bactrian_ids *ids = NULL;
    struct ArrowArrayStream stream;
    double values[3];
    table read;

    OK(bactrian_engine_peers(engine, &dan, NULL, &ids)); /* others are tied to dan, and not dan to them */
    CHECK(bactrian_ids_count(ids) == 3);
    SAME(bactrian_ids_at(ids, 0)->text, "ann");
    bactrian_ids_free(ids);
    OK(bactrian_engine_peers(engine, &leaf, "star", &ids));
    CHECK(bactrian_ids_count(ids) == 1);
    bactrian_ids_free(ids);

    OK(bactrian_engine_ties(engine, &ann, "talk", &stream));
    read = table_read(&stream);
    CHECK(read.array.length == 3); /* a tie to oneself is none */
    CHECK(table_number(&read, "forth", table_row(&read, "bob")) == 2.0 && table_number(&read, "back", 0) == 0.0);
    CHECK(table_number(&read, "common", table_row(&read, "dan")) == 2.0 && table_number(&read, "overlap", 0) == 1.0);
    table_free(&read);
    OK(bactrian_engine_ties(engine, &hub, "talk", &stream));
    read = table_read(&stream);
    CHECK(read.array.length == 0);
    table_free(&read);

    OK(bactrian_reader_prepare(engine, pair, 3, &reader));
    OK(bactrian_reader_read(reader, &ann, &bob, BACTRIAN_NOW, values));
    CHECK(values[0] == 2.0 && values[1] == 2.0 && values[2] == 1.0);
    OK(bactrian_reader_read(reader, &ann, &ann, BACTRIAN_NOW, values)); /* nobody is a peer of their own */
    CHECK(isnan(values[0]) && isnan(values[1]) && isnan(values[2]));
    FAILS(bactrian_reader_read(reader, &ann, &nobody, BACTRIAN_NOW, values), BACTRIAN_STATUS_UNKNOWN_CUSTOMER);
    bactrian_reader_free(reader);

    FAILS(bactrian_engine_peers(engine, &nobody, NULL, &ids), BACTRIAN_STATUS_UNKNOWN_CUSTOMER);
    FAILS(bactrian_engine_ties(engine, &ann, "tlak", &stream), BACTRIAN_STATUS_UNKNOWN_COLUMN);
    FAILS(bactrian_engine_relate(engine, "tlak", &ann, &bob, BACTRIAN_NOW, 1.0, NULL), BACTRIAN_STATUS_UNKNOWN_WORD);
    FAILS(bactrian_engine_relate(engine, "talk", &ann, &bob, BACTRIAN_NOW, INFINITY, NULL), BACTRIAN_STATUS_SCHEMA_RANGE);
    FAILS(bactrian_engine_relate(engine, "talk", &ann, &bob, INT64_MAX, 1.0, NULL), BACTRIAN_STATUS_SCHEMA_RANGE);
}

static void lives_of_communities(const bactrian_engine *engine) {
    const bactrian_id ann = bactrian_id_text("ann"), xia = bactrian_id_text("xia");
    const char *const columns[] = {"circle", "circle.size"};
    const char *const fitted[] = {"circle"};
    bactrian_fit_report *fit = NULL;
    bactrian_reader *reader = NULL;
    double values[2];
    char text[16];
    int i;

    OK(bactrian_engine_fit(engine, fitted, 1, &fit));
    SAME(note(fit, "circle", "circle_1"), "birth: 4 members");
    SAME(note(fit, "circle", "circle_2"), "birth: 3 members");
    bactrian_fit_report_free(fit);
    OK(bactrian_reader_prepare(engine, columns, 2, &reader));
    OK(bactrian_reader_read(reader, &ann, NULL, BACTRIAN_NOW, values));
    OK(bactrian_engine_key_text(engine, values[0], text, sizeof text, NULL));
    SAME(text, "circle_1");
    CHECK(values[1] == 4.0);

    for (i = 4; i < 7; i++) {
        const bactrian_id who = bactrian_id_text(FRIENDS[i]);
        bactrian_erasure *receipt = NULL;
        OK(bactrian_engine_erase(engine, &who, &receipt));
        bactrian_erasure_free(receipt);
    }
    FAILS(bactrian_reader_read(reader, &xia, NULL, BACTRIAN_NOW, values), BACTRIAN_STATUS_UNKNOWN_CUSTOMER);
    OK(bactrian_engine_fit(engine, fitted, 1, &fit));
    SAME(note(fit, "circle", "circle_2"), "death: all its members were erased");
    CHECK(note(fit, "circle", "circle_1") == NULL);
    bactrian_fit_report_free(fit);

    for (i = 1; i < 4; i++) {
        int j;
        for (j = 0; j < i; j++) tie(engine, "talk", FRIENDS[j], FRIENDS[i], NAN);
    }
    OK(bactrian_engine_fit(engine, fitted, 1, &fit));
    SAME(note(fit, "circle", "circle_1"), "death: it had 4 members");
    bactrian_fit_report_free(fit);
    OK(bactrian_reader_read(reader, &ann, NULL, BACTRIAN_NOW, values));
    CHECK(isnan(values[0]) && isnan(values[1]));
    bactrian_reader_free(reader);
}

/* Seeds over the star, whose hub alone reaches its leaves. */
static void whispers(const bactrian_engine *engine) {
    const bactrian_id hub = bactrian_id_text("hub"), nobody = bactrian_id_text("nobody");
    bactrian_seed_ask ask = BACTRIAN_SEED_ASK_INIT;
    bactrian_spread spread = {0, 0, 0};
    struct ArrowArrayStream stream;
    table read;

    ask.layer = "star";
    FAILS(bactrian_engine_seeds(engine, &ask, &spread, &stream), BACTRIAN_STATUS_SCHEMA_RANGE); /* nothing limits them */
    ask.count = 1;
    OK(bactrian_engine_seeds(engine, &ask, &spread, &stream));
    read = table_read(&stream);
    CHECK(read.array.length == 1 && table_row(&read, "hub") == 0 && table_number(&read, "gain", 0) > 4.0);
    CHECK(spread.lower <= 6.0 && 6.0 <= spread.upper && fabs(spread.spread - 6.0) < 1.0);
    table_free(&read);

    ask.exclude = &hub;
    ask.exclude_length = 1;
    OK(bactrian_engine_seeds(engine, &ask, NULL, &stream));
    read = table_read(&stream);
    CHECK(read.array.length == 1 && table_number(&read, "gain", 0) < 2.0);
    table_free(&read);

    /* Excluded and active is active: the hub has told its leaves, and only others are worth a whisper. */
    ask.active = &hub;
    ask.active_length = 1;
    ask.count = 1000;
    OK(bactrian_engine_seeds(engine, &ask, &spread, &stream));
    read = table_read(&stream);
    CHECK(read.array.length >= 7 && spread.lower <= 7.0 && 7.0 <= spread.upper); /* the friends */
    table_free(&read);

    ask.active = &nobody;
    FAILS(bactrian_engine_seeds(engine, &ask, NULL, &stream), BACTRIAN_STATUS_UNKNOWN_CUSTOMER);
    ask.active = NULL;
    FAILS(bactrian_engine_seeds(engine, &ask, NULL, &stream), BACTRIAN_STATUS_NULL_POINTER);
    ask.active_length = 0;
    ask.cost = "worth";
    FAILS(bactrian_engine_seeds(engine, &ask, NULL, &stream), BACTRIAN_STATUS_SCHEMA_RANGE); /* costs need a budget */
    ask.budget = 5.0;
    FAILS(bactrian_engine_seeds(engine, &ask, NULL, &stream), BACTRIAN_STATUS_NOT_ENOUGH_DATA); /* nobody has a price */
    ask.cost = "prise";
    FAILS(bactrian_engine_seeds(engine, &ask, NULL, &stream), BACTRIAN_STATUS_UNKNOWN_COLUMN);
    ask.cost = NULL;
    ask.chance = 1.5;
    FAILS(bactrian_engine_seeds(engine, &ask, NULL, &stream), BACTRIAN_STATUS_SCHEMA_RANGE);
    ask.chance = NAN;
    ask.layer = NULL;
    FAILS(bactrian_engine_seeds(engine, &ask, NULL, &stream), BACTRIAN_STATUS_SCHEMA_MISSING); /* there are two */
    tie(engine, "talk", "ann", "l1", -1.0);
    ask.layer = "talk";
    FAILS(bactrian_engine_seeds(engine, &ask, NULL, &stream), BACTRIAN_STATUS_SCHEMA_RANGE); /* a tie below zero */
    tie(engine, "talk", "ann", "l1", NAN);
}

static void advice(const bactrian_engine *engine) {
    const char *const needs[] = {"tea", "rope"};
    const bactrian_id hub = bactrian_id_text("hub");
    struct ArrowArrayStream stream;
    table read;
    int i;

    for (i = 0; i < 3; i++) { /* l1 buys tea once and l2 twice */
        const bactrian_id who = bactrian_id_text(LEAVES[i > 0]);
        bactrian_field field = bactrian_field_text("need", needs[0]);
        bactrian_event event = BACTRIAN_EVENT_INIT;
        event.kind = "purchase";
        event.customer = &who;
        event.fields = &field;
        event.fields_length = 1;
        OK(bactrian_engine_observe(engine, &event, NULL));
    }
    OK(bactrian_engine_route(engine, "tea", &hub, NULL, "star", &stream));
    read = table_read(&stream);
    CHECK(read.array.length == 2 && table_row(&read, "l2") == 0); /* skill times share of the ties */
    CHECK(fabs(table_number(&read, "score", 0) - 2.0 / 3.0 / 5.0) < 1e-12);
    CHECK(fabs(table_number(&read, "score", 1) - 1.0 / 2.0 / 5.0) < 1e-12);
    table_free(&read);
    OK(bactrian_engine_route(engine, needs[1], &hub, NULL, "star", &stream));
    read = table_read(&stream);
    CHECK(read.array.length == 0);
    table_free(&read);
    OK(bactrian_engine_recommend(engine, &hub, 5, NULL, "star", &stream));
    read = table_read(&stream);
    CHECK(read.array.length == 1 && table_row(&read, "tea") == 0 && table_number(&read, "peers", 0) == 2);
    table_free(&read);
}

/* What decays away takes its columns along. */
static void the_end(const bactrian_engine *engine) {
    const char *const columns[] = {"degree"};
    const bactrian_id hub = bactrian_id_text("hub");
    bactrian_reader *reader = NULL;
    double value;

    OK(bactrian_engine_fit(engine, columns, 1, NULL));
    OK(bactrian_reader_prepare(engine, columns, 1, &reader));
    OK(bactrian_reader_read(reader, &hub, NULL, BACTRIAN_NOW, &value));
    CHECK(value == 5.0);
    OK(bactrian_engine_advance_to(engine, 9 * DAY, NULL));
    OK(bactrian_engine_fit(engine, columns, 1, NULL));
    OK(bactrian_reader_read(reader, &hub, NULL, BACTRIAN_NOW, &value));
    CHECK(value == 0.0);
    bactrian_reader_free(reader);
}

int main(void) {
    bactrian_definition *definition = NULL;
    bactrian_engine *engine = NULL;
    int i;

    OK(bactrian_definition_from_toml(TOWN, &definition));
    OK(bactrian_engine_open(NULL, definition, NULL, &engine));
    bactrian_definition_free(definition);
    OK(bactrian_engine_advance_to(engine, 0, NULL));
    circles(engine, 1.0);
    circles(engine, 1.0);
    tie(engine, "talk", "ann", "ann", 5.0);
    for (i = 0; i < 5; i++) tie(engine, "star", "hub", LEAVES[i], 1.0);
    peers_and_pairs(engine);
    whispers(engine);
    advice(engine);
    the_end(engine);
    lives_of_communities(engine);
    OK(bactrian_engine_close(engine));
    bactrian_engine_free(engine);
    return 0;
}
