/* Actions that prove themselves: arms, also of a slate, trials, contacts that wear out, and outcomes that are late. */
#include "check.h"
#include "table.h"

static bactrian_engine *opened(const char *text, uint64_t count) {
    bactrian_definition *definition = NULL;
    bactrian_engine *engine = NULL;
    const bactrian_field age = bactrian_field_number("age", 30);
    uint64_t i;
    OK(bactrian_definition_from_toml(text, &definition));
    OK(bactrian_engine_open(NULL, definition, NULL, &engine));
    bactrian_definition_free(definition);
    for (i = 0; i < count; i++) {
        const bactrian_id who = bactrian_id_number(i);
        OK(bactrian_engine_identify(engine, &who, 0, &age, 1, NULL));
    }
    return engine;
}

static bactrian_decision *decided(bactrian_engine *engine, uint64_t number, uint32_t most) {
    const bactrian_id who = bactrian_id_number(number);
    bactrian_ask ask = BACTRIAN_ASK_INIT;
    bactrian_decision *decision = NULL;
    ask.most = most;
    OK(bactrian_engine_decide_with(engine, &who, &ask, &decision));
    return decision;
}

/* What is withheld stands in the slate all the same, marked, and each action has an arm of its own. */
static void arms(void) {
    bactrian_engine *engine = opened("[time]\nlateness = \"0s\"\n[trait]\nage = \"number\"\n"
                                     "[action.mail]\nvalue = 2\narms = { plain = 0.4, blue = 0.4 }\n"
                                     "[action.card]\nvalue = 1\narms = { one = 0.5 }\n",
                                     100);
    int counts[4] = {0, 0, 0, 0};
    uint64_t i;
    for (i = 0; i < 100; i++) {
        bactrian_decision *decision = decided(engine, i, 2);
        bactrian_recorded_decision *recorded = NULL;
        const bactrian_choice *mail = bactrian_decision_choice(decision, 0), *card = bactrian_decision_choice(decision, 1);
        const char *arm = bactrian_decision_arm(decision);
        CHECK(bactrian_decision_choice_count(decision) == 2);
        SAME(mail->action, "mail");
        SAME(card->action, "card");
        CHECK(mail->withheld == (arm == NULL) && (bactrian_decision_action(decision) == NULL) == (arm == NULL));
        CHECK((bactrian_decision_withheld(decision) != NULL) == (arm == NULL));
        if (arm) {
            SAME(mail->arm, arm);
            CHECK(strcmp(arm, "plain") == 0 || strcmp(arm, "blue") == 0);
            counts[strcmp(arm, "plain") == 0 ? 0 : 1]++;
        } else {
            CHECK(mail->arm == NULL);
            counts[2]++;
        }
        CHECK(card->withheld == (card->arm == NULL));
        if (card->arm) SAME(card->arm, "one");
        counts[3] += (int)card->withheld;
        OK(bactrian_engine_recorded(engine, card->id, &recorded));
        CHECK(bactrian_recorded_decision_figures(recorded)->withheld == card->withheld);
        if (card->arm) SAME(bactrian_recorded_decision_figures(recorded)->arm, "one");
        if (!card->arm) CHECK(bactrian_recorded_decision_figures(recorded)->arm == NULL);
        bactrian_recorded_decision_free(recorded);
        bactrian_decision_free(decision);
    }
    CHECK(counts[0] > 25 && counts[1] > 25 && counts[2] > 8 && counts[3] > 30 && counts[3] < 70);
    CHECK(bactrian_decision_arm(NULL) == NULL);
    bactrian_engine_free(engine);
}

/* A good action and a dull one: while it goes on others wait, then everyone gets it, or nobody. */
static void trials(void) {
    int good;
    for (good = 0; good < 2; good++) {
        bactrian_engine *engine = opened("[time]\nlateness = \"0s\"\n[trait]\nage = \"number\"\n[action.new]\nvalue = 1\n"
                                         "outcome = \"buy\"\nwithin = \"1d\"\ntrial = { dull = 0.05, good = 0.5, share = 0.5 }\n",
                                         60);
        struct ArrowArrayStream stream;
        table read;
        uint64_t i;
        int sent = 0;
        OK(bactrian_engine_trials(engine, &stream));
        read = table_read(&stream);
        CHECK(read.array.length == 1 && table_number(&read, "share", table_row(&read, "new")) == 0.5);
        CHECK(fabs(table_number(&read, "belief", 0) - 0.2) < 1e-12);
        table_free(&read);
        for (i = 0; i < 40; i++) {
            bactrian_decision *decision = decided(engine, i, 1);
            if (bactrian_decision_action(decision)) {
                sent++;
                if (good) OK(bactrian_engine_learn(engine, bactrian_decision_id(decision), "buy", BACTRIAN_NOW, NAN, NULL));
                if (good)
                    FAILS(bactrian_engine_learn(engine, bactrian_decision_id(decision), "byu", BACTRIAN_NOW, NAN, NULL),
                          BACTRIAN_STATUS_ROW_REJECTED);
            } else {
                CHECK(bactrian_decision_loser(decision, 0)->reason == BACTRIAN_REASON_ON_TRIAL);
            }
            bactrian_decision_free(decision);
        }
        CHECK(sent > 8 && sent < 32);
        OK(bactrian_engine_advance_to(engine, 2 * DAY, NULL));
        OK(bactrian_engine_trials(engine, &stream));
        read = table_read(&stream);
        CHECK(table_number(&read, good ? "successes" : "failures", 0) == sent);
        CHECK(table_number(&read, "share", 0) == good);
        table_free(&read);
        for (i = 40; i < 60; i++) {
            bactrian_decision *decision = decided(engine, i, 1);
            CHECK((bactrian_decision_action(decision) != NULL) == good);
            if (!good) CHECK(bactrian_decision_loser(decision, 0)->reason == BACTRIAN_REASON_TRIAL_STOPPED);
            bactrian_decision_free(decision);
        }
        bactrian_engine_free(engine);
    }
}

/* Everyone buys on the first contact, and one in five later. */
static void contacts(void) {
    bactrian_engine *engine = opened("[time]\nlateness = \"0s\"\n[trait]\nage = \"number\"\n[action.mail]\nvalue = 1\n"
                                     "outcome = \"buy\"\nwithin = \"1h\"\nby_contact = \"30d\"\n[action.call]\nvalue = 0\n"
                                     "[decide]\ncontrol = 0.4\n",
                                     150);
    int sent[150] = {0};
    bactrian_response_by_contact *response = NULL;
    const bactrian_verdict *verdict;
    uint64_t i;
    int64_t day;
    OK(bactrian_engine_response_by_contact(engine, "mail", &response));
    CHECK(bactrian_response_by_contact_count(response) == 0 && bactrian_response_by_contact_at(response, 0) == NULL);
    CHECK(bactrian_response_by_contact_verdict(response)->claim == BACTRIAN_CLAIM_CANNOT_TELL);
    CHECK(isnan(bactrian_response_by_contact_share(response, 2)));
    bactrian_response_by_contact_free(response);
    for (day = 1; day < 6; day++) {
        OK(bactrian_engine_advance_to(engine, day * DAY, NULL));
        for (i = 0; i < 150; i++) {
            bactrian_decision *decision = decided(engine, i, 1);
            if (bactrian_decision_action(decision) && (sent[i]++ == 0 || i % 5 == 0))
                OK(bactrian_engine_learn(engine, bactrian_decision_id(decision), "buy", BACTRIAN_NOW, NAN, NULL));
            bactrian_decision_free(decision);
        }
    }
    OK(bactrian_engine_advance_to(engine, 7 * DAY, NULL));
    OK(bactrian_engine_response_by_contact(engine, "mail", &response));
    verdict = bactrian_response_by_contact_verdict(response);
    CHECK(verdict->claim == BACTRIAN_CLAIM_EFFECT && verdict->value < 0 && verdict->upper < 0 && verdict->why[0]);
    CHECK(bactrian_response_by_contact_count(response) >= 4);
    CHECK(bactrian_response_by_contact_at(response, 0)->contact == 1 && bactrian_response_by_contact_at(response, 0)->rate > 0.8);
    CHECK(bactrian_response_by_contact_at(response, 1)->fitted < 0.5 && bactrian_response_by_contact_at(response, 1)->rows > 100);
    CHECK(bactrian_response_by_contact_share(response, 1) == 1 && bactrian_response_by_contact_share(response, 3) < 0.6);
    CHECK(bactrian_response_by_contact_worth(response, 10, 6) == 1);
    bactrian_response_by_contact_free(response);
    FAILS(bactrian_engine_response_by_contact(engine, "mial", &response), BACTRIAN_STATUS_UNKNOWN_WORD);
    SAME(bactrian_error_hint(), "did you mean `mail`?");
    FAILS(bactrian_engine_response_by_contact(engine, "call", &response), BACTRIAN_STATUS_UNKNOWN_WORD);
    FAILS(bactrian_engine_response_by_contact(engine, "mail", NULL), BACTRIAN_STATUS_NULL_POINTER);
    FAILS(bactrian_engine_response_by_contact(engine, NULL, &response), BACTRIAN_STATUS_NULL_POINTER);
    FAILS(bactrian_engine_response_by_contact(NULL, "mail", &response), BACTRIAN_STATUS_NULL_POINTER);
    FAILS(bactrian_engine_trials(engine, NULL), BACTRIAN_STATUS_NULL_POINTER);
    CHECK(bactrian_response_by_contact_count(NULL) == 0 && bactrian_response_by_contact_verdict(NULL) == NULL);
    CHECK(isnan(bactrian_response_by_contact_share(NULL, 1)) && bactrian_response_by_contact_worth(NULL, 1, 0) == 0);
    bactrian_response_by_contact_free(NULL);
    bactrian_engine_free(engine);
}

/* Ten wait since half of their window: they count for about five failures. */
static void delays(void) {
    bactrian_engine *engine = opened("[time]\nlateness = \"0s\"\n[trait]\nage = \"number\"\n[action.mail]\nvalue = 1\n"
                                     "response_model = { learn = \"beta\", outcome = \"buy\", within = \"10d\", delays = true }\n",
                                     10);
    struct ArrowArrayStream stream;
    table read;
    uint64_t i;
    for (i = 0; i < 10; i++) bactrian_decision_free(decided(engine, i, 1));
    OK(bactrian_engine_advance_to(engine, 5 * DAY, NULL));
    OK(bactrian_engine_responses(engine, &stream));
    read = table_read(&stream);
    CHECK(fabs(table_number(&read, "trials", table_row(&read, "mail")) - 5) < 0.3 && table_number(&read, "failures", 0) == 0);
    CHECK(table_number(&read, "response", 0) < 0.1);
    table_free(&read);
    bactrian_engine_free(engine);
}

int main(void) {
    arms();
    trials();
    contacts();
    delays();
    return 0;
}
