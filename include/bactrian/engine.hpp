// An engine. Part of bactrian.hpp.
#ifndef BACTRIAN_ENGINE_HPP
#define BACTRIAN_ENGINE_HPP

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "callback.hpp"
#include "definition.hpp"
#include "reader.hpp"
#include "report.hpp"

namespace bactrian {

// How an engine is opened.
struct Options {
    std::uint64_t seed = 0;
    Moment ceiling = std::numeric_limits<Moment>::max();  // latest event time that is accepted
    bool read_only = false;
    bactrian_durability durability = BACTRIAN_DURABILITY_COMMIT;  // of calls of one row
    Interrupt interrupt = {};  // asked by long work whether to stop, from the opening on
};

// What can be read.
struct ColumnInfo {
    std::string name;
    bool toward;
};

// Who gets what, and how good that is.
struct Plan {
    Stream table, limits;
    double value = 0, bound = 0, gap = 0;
    bool exact = false;
};

// An engine: one definition, one journal, one state.
class Engine {
public:
    // In memory.
    explicit Engine(const Definition &definition, const Options &options = {}) : Engine(nullptr, definition.get(), options) {}
    // In a file, made if there is none.
    Engine(const std::string &path, const Definition &definition, const Options &options = {})
        : Engine(path.c_str(), definition.get(), options) {}
    // In a file, under its own definition.
    explicit Engine(const std::string &path, const Options &options = {}) : Engine(path.c_str(), nullptr, options) {}

    // Ends the use of the file by all handles; errors come here, where a destructor can't tell them.
    void close() { detail::check(bactrian_engine_close(get())); }

    // Takes one event; an event that can't be taken is a SchemaError.
    void observe(const Event &event) const { observe(event, nullptr); }
    Report observe_reported(const Event &event) const {
        return Report([&](auto out) { return observe_into(event, out); });
    }
    Report observe(Stream stream, const Roles &roles = {}) const {
        return arrow(bactrian_engine_observe_arrow, stream, roles);
    }
    Report observe(const std::vector<Column> &columns, const Roles &roles = {}) const {
        return plain(bactrian_engine_observe_columns, columns, roles);
    }
    Report identify(const Id &customer, const Fields &traits, Moment at = now) const {
        const detail::FieldViews views(traits);
        return Report([&](auto out) {
            return bactrian_engine_identify(get(), customer.get(), at, views.data(), views.size(), out);
        });
    }
    Report identify(Stream stream, const Roles &roles = {}) const {
        return arrow(bactrian_engine_identify_arrow, stream, roles);
    }
    Report identify(const std::vector<Column> &columns, const Roles &roles = {}) const {
        return plain(bactrian_engine_identify_columns, columns, roles);
    }
    Report relate(Stream stream, const Roles &roles = {}) const {
        return arrow(bactrian_engine_relate_arrow, stream, roles);
    }
    Report relate(const std::vector<Column> &columns, const Roles &roles = {}) const {
        return plain(bactrian_engine_relate_columns, columns, roles);
    }
    Report advance_to(Moment at) const {
        return Report([&](auto out) { return bactrian_engine_advance_to(get(), at, out); });
    }
    // Learns all fitted columns, or those named.
    FitReport fit() const {
        return FitReport([&](auto out) { return bactrian_engine_fit(get(), nullptr, 0, out); });
    }
    FitReport fit(const std::vector<std::string> &columns) const {
        const detail::Names names(columns);
        return FitReport([&](auto out) { return bactrian_engine_fit(get(), names.data(), names.size(), out); });
    }

    // Goes on under another definition, back-filled from the journal.
    RedefineReport redefine(const Definition &definition) const {
        return detail::redefined([&](auto out) { return bactrian_engine_redefine(get(), definition.get(), out); });
    }
    // From now on both ids are one customer, `kept`.
    void merge(const Id &kept, const Id &folded) const {
        detail::check(bactrian_engine_merge(get(), kept.get(), folded.get()));
    }
    void checkpoint() const { detail::check(bactrian_engine_checkpoint(get())); }

    Reader reader(const std::vector<std::string> &columns) const {
        const detail::Names names(columns);
        return Reader([&](auto out) { return bactrian_reader_prepare(get(), names.data(), names.size(), out); });
    }
    // Everyone, or the customers given; every column, or those named.
    Stream score(const std::optional<std::vector<Id>> &customers = {},
                 const std::optional<std::vector<std::string>> &columns = {}, const std::optional<Id> &toward = {},
                 Moment at = now) const {
        const detail::Ids ids(customers);
        const detail::Names names(columns);
        return stream([&](auto out) {
            return bactrian_engine_score(get(), ids.data(), ids.size(), names.data(), names.size(), detail::get(toward), at, out);
        });
    }
    // What score would have given just before `at`.
    Stream training_set(Moment at, const std::optional<std::vector<std::string>> &columns = {},
                        const std::optional<std::vector<Id>> &customers = {}, Moment known_at = now) const {
        const detail::Ids ids(customers);
        const detail::Names names(columns);
        return stream([&](auto out) {
            return bactrian_engine_training_set(get(), ids.data(), ids.size(), names.data(), names.size(), at, known_at, out);
        });
    }
    Explanation explain(const Id &customer, const std::string &column, const std::optional<Id> &toward = {},
                        Moment at = now) const {
        return Explanation([&](auto out) {
            return bactrian_engine_explain(get(), customer.get(), column.c_str(), detail::get(toward), at, out);
        });
    }
    Decision decide(const Id &customer, const Ask &ask = {}) const {
        const AskView asked(ask);
        return Decision(detail::made<bactrian_decision, bactrian_decision_free>(
            [&](auto out) { return bactrian_engine_decide_with(get(), customer.get(), &asked.view, out); }));
    }
    // Everyone, or the customers given, in one commit.
    Stream decide_batch(const std::optional<std::vector<Id>> &customers = {}, const Ask &ask = {}) const {
        const detail::Ids ids(customers);
        const AskView asked(ask);
        return stream(
            [&](auto out) { return bactrian_engine_decide_batch(get(), ids.data(), ids.size(), &asked.view, out); });
    }
    // A decision as the journal has it, by its id.
    RecordedDecision recorded(std::uint64_t decision) const {
        return detail::recorded([&](auto out) { return bactrian_engine_recorded(get(), decision, out); });
    }
    Stream segment(const std::string &name) const {
        return stream([&](auto out) { return bactrian_engine_segment(get(), name.c_str(), out); });
    }
    std::vector<OwnedId> members(const std::string &segment, const std::string &cell) const {
        return ids([&](auto out) { return bactrian_engine_members(get(), segment.c_str(), cell.c_str(), out); });
    }
    Stream crossings(const std::optional<std::string> &segment = {},
                     Moment since = std::numeric_limits<Moment>::min()) const {
        const char *name = segment ? segment->c_str() : nullptr;
        return stream([&](auto out) { return bactrian_engine_crossings(get(), name, since, out); });
    }
    // How customers moved between cells; with `every`, over spans of that many microseconds.
    Stream transitions(const std::string &segment, Moment since, Moment until = now, std::int64_t every = 0,
                       std::uint32_t steps = 1) const {
        return stream(
            [&](auto out) { return bactrian_engine_transitions(get(), segment.c_str(), since, until, every, steps, out); });
    }
    // How steady a segment was, in one row.
    Stream stability(const std::string &segment, Moment since, Moment until = now) const {
        return stream([&](auto out) { return bactrian_engine_stability(get(), segment.c_str(), since, until, out); });
    }
    // The cells of a segment with the mean, its interval and the sum of some columns.
    Stream segment_values(const std::string &segment, const std::vector<std::string> &values) const {
        const detail::Names names(values);
        return stream([&](auto out) {
            return bactrian_engine_segment_values(get(), segment.c_str(), names.data(), names.size(), out);
        });
    }
    // Where the members of each cell drift, by default in what the segment goes by.
    Stream drift(const std::string &segment, Moment since,
                 const std::optional<std::vector<std::string>> &columns = {}) const {
        const detail::Names names(columns);
        return stream([&](auto out) {
            return bactrian_engine_drift(get(), segment.c_str(), since, names.data(), names.size(), out);
        });
    }
    // How surely each member belongs to its cell, of one cell or of all.
    Stream belonging(const std::string &segment, const std::optional<std::string> &cell = {}) const {
        const char *one = cell ? cell->c_str() : nullptr;
        return stream([&](auto out) { return bactrian_engine_belonging(get(), segment.c_str(), one, out); });
    }
    // The market by some columns: aggregates of at least k customers.
    Stream market(const std::vector<std::string> &of, const std::vector<std::string> &measures = {},
                  std::uint64_t k = 10) const {
        const detail::Names by(of), means(measures);
        return stream([&](auto out) {
            return bactrian_engine_market(get(), by.data(), by.size(), means.data(), means.size(), k, out);
        });
    }
    // What each further group of columns adds to the first one in telling who has an outcome.
    Stream ablate(const std::string &outcome,
                  const std::vector<std::pair<std::string, std::vector<std::string>>> &groups, Moment at = now) const {
        std::vector<std::string> owners, all;
        for (const auto &[group, columns] : groups) {
            for (const auto &column : columns) {
                owners.push_back(group);
                all.push_back(column);
            }
        }
        const detail::Names group(owners), column(all);
        return stream([&](auto out) {
            return bactrian_engine_ablate(get(), outcome.c_str(), group.data(), column.data(), column.size(), at, out);
        });
    }
    // How strongly a column goes with others, by default the traits.
    Stream associations(const std::string &of, const std::optional<std::vector<std::string>> &columns = {},
                        const std::optional<std::string> &within = {}) const {
        const detail::Names names(columns);
        const char *part = within ? within->c_str() : nullptr;
        return stream([&](auto out) {
            return bactrian_engine_associations(get(), of.c_str(), names.data(), names.size(), part, out);
        });
    }
    // How much more often the labels of two columns meet than by chance.
    Stream lifts(const std::string &of, const std::string &column, const std::optional<std::string> &within = {}) const {
        const char *part = within ? within->c_str() : nullptr;
        return stream([&](auto out) { return bactrian_engine_lifts(get(), of.c_str(), column.c_str(), part, out); });
    }
    // Who is like the customers with a label, by some columns.
    Stream look_alikes(const std::string &of, const std::string &label, const std::vector<std::string> &by,
                       std::size_t most = 0) const {
        const detail::Names names(by);
        return stream([&](auto out) {
            return bactrian_engine_look_alikes(get(), of.c_str(), label.c_str(), names.data(), names.size(), most, out);
        });
    }
    // Where each action falls, for everyone or the customers given; nothing is recorded.
    Stream funnel(const std::optional<std::vector<Id>> &customers = {}, const Ask &ask = {}) const {
        const detail::Ids ids(customers);
        const AskView asked(ask);
        return stream([&](auto out) { return bactrian_engine_funnel(get(), ids.data(), ids.size(), &asked.view, out); });
    }

    // Plans up to `ask.most` actions for everyone or the customers given, within the means.
    Plan plan(const std::optional<std::vector<Id>> &customers = {}, const Means &means = {}, const Ask &ask = {}) const {
        const detail::Ids ids(customers);
        const AskView asked(ask);
        const Limits capacity(means.capacity), least(means.least);
        bactrian_means view = BACTRIAN_MEANS_INIT;
        view.budget = means.budget;
        view.capacity_names = capacity.names.data();
        view.capacity = capacity.numbers.data();
        view.capacity_length = capacity.numbers.size();
        view.least_names = least.names.data();
        view.least = least.numbers.data();
        view.least_length = least.numbers.size();
        Plan plan;
        bactrian_plan told;
        detail::check(bactrian_engine_plan(get(), ids.data(), ids.size(), &asked.view, &view, &told, plan.limits.get(),
                                           plan.table.get()));
        plan.value = told.value;
        plan.bound = told.bound;
        plan.gap = told.gap;
        plan.exact = told.exact != 0;
        return plan;
    }
    // Gives customers to agents, each at most so many, by a column toward the agent; the sum goes into `sum`.
    Stream assign(const std::vector<std::pair<Id, std::size_t>> &agents, const std::string &score,
                  const std::optional<std::vector<Id>> &customers = {}, double *sum = nullptr, Moment at = now) const {
        const detail::Ids ids(customers);
        std::vector<bactrian_id> who;
        std::vector<std::size_t> places;
        for (const auto &[id, most] : agents) {
            who.push_back(*id.get());
            places.push_back(most);
        }
        return stream([&](auto out) {
            return bactrian_engine_assign(get(), ids.data(), ids.size(), who.data(), places.data(), who.size(), score.c_str(),
                                          at, sum, out);
        });
    }
    // What another definition would have done with the decisions since a moment.
    bactrian_backtest backtest(const Definition &definition, Moment since = std::numeric_limits<Moment>::min(),
                               Stream *values = nullptr, Stream *moved = nullptr, Stream *funnel = nullptr,
                               Stream *unserved = nullptr) const {
        const auto place = [](Stream *stream) { return stream ? stream->get() : nullptr; };
        bactrian_backtest found;
        detail::check(bactrian_engine_backtest(get(), definition.get(), since, &found, place(values), place(moved),
                                               place(funnel), place(unserved)));
        return found;
    }
    // What a policy would have brought: a definition, or the action that is always taken, none being silence.
    Stream evaluate(const Definition &definition, Moment since = std::numeric_limits<Moment>::min()) const {
        return stream([&](auto out) { return bactrian_engine_evaluate(get(), definition.get(), nullptr, since, out); });
    }
    Stream evaluate(const std::optional<std::string> &action, Moment since = std::numeric_limits<Moment>::min()) const {
        const char *name = action ? action->c_str() : nullptr;
        return stream([&](auto out) { return bactrian_engine_evaluate(get(), nullptr, name, since, out); });
    }
    // The effect of every action by its control arm, by the cells of a segment or not.
    Stream effects(const char *segment = nullptr, const char *before = nullptr,
                   Moment since = std::numeric_limits<Moment>::min()) const {
        return stream([&](auto out) { return bactrian_engine_effects(get(), segment, before, since, out); });
    }
    // What the opportunities under way will bring, by a pipeline.
    Stream forecast(const std::string &column, const char *by = nullptr, Moment at = now) const {
        return stream([&](auto out) { return bactrian_engine_forecast(get(), column.c_str(), by, at, out); });
    }

    // Takes one outcome of a decision; NaN is no value. A decision that is not open, or a kind that the
    // definition names nowhere, is a SchemaError.
    Report learn(std::uint64_t decision, const std::string &outcome,
                 double value = std::numeric_limits<double>::quiet_NaN(), Moment at = now) const {
        return Report([&](auto out) { return bactrian_engine_learn(get(), decision, outcome.c_str(), at, value, out); });
    }
    Report learn(Stream stream, const Roles &roles = {}) const { return arrow(bactrian_engine_learn_arrow, stream, roles); }
    Report learn(const std::vector<Column> &columns, const Roles &roles = {}) const {
        return plain(bactrian_engine_learn_columns, columns, roles);
    }
    // What was expected of each action, and what came of it.
    Stream ledger() const {
        return stream([&](auto out) { return bactrian_engine_ledger(get(), out); });
    }
    // The same by the cells of a segment in which customers were when decisions were taken.
    Stream ledger(const std::string &segment) const {
        return stream([&](auto out) { return bactrian_engine_ledger_by(get(), segment.c_str(), out); });
    }
    // What has been learnt of the response to actions with a `response_model`.
    Stream responses() const {
        return stream([&](auto out) { return bactrian_engine_responses(get(), out); });
    }

    // Where the trials of new actions stand.
    Stream trials() const {
        return stream([&](auto out) { return bactrian_engine_trials(get(), out); });
    }
    // How the response to an action with `by_contact` falls from one contact to the next.
    ResponseByContact response_by_contact(const std::string &action) const {
        return ResponseByContact([&](auto out) { return bactrian_engine_response_by_contact(get(), action.c_str(), out); });
    }

    // Erases a customer; the receipt says what left, and that nothing of it remains.
    Erasure erase(const Id &customer) const {
        return detail::erased([&](auto out) { return bactrian_engine_erase(get(), customer.get(), out); });
    }
    // All that is held about a customer, as one JSON object.
    std::string export_json(const Id &customer) const {
        const auto held = detail::made<bactrian_export, bactrian_export_free>(
            [&](auto out) { return bactrian_engine_export(get(), customer.get(), out); });
        return bactrian_export_json(held.get());
    }
    // Makes durable what calls of one row have recorded.
    void flush() const { detail::check(bactrian_engine_flush(get())); }

    // What this engine knows, for absorb() of an engine of the same definition over other events.
    std::vector<std::uint8_t> partial() const {
        const auto part = detail::made<bactrian_partial, bactrian_partial_free>(
            [&](auto out) { return bactrian_engine_partial(get(), out); });
        const std::uint8_t *data = bactrian_partial_data(part.get());
        return {data, data + bactrian_partial_length(part.get())};
    }
    Report absorb(const std::vector<std::uint8_t> &partial) const {
        return Report([&](auto out) { return bactrian_engine_absorb(get(), partial.data(), partial.size(), out); });
    }
    // What can be read, with type and order class.
    Stream catalog() const {
        return stream([&](auto out) { return bactrian_engine_catalog(get(), out); });
    }

    // Puts a function behind the columns that name it and this version; again after each opening.
    void set_callback(const std::string &name, const std::string &version, Callback callback) const {
        auto *context = new Callback(std::move(callback));
        detail::check(bactrian_engine_register(get(), name.c_str(), version.c_str(), detail::called, context,
                                               detail::released<Callback>));
    }
    // What became of the calls of each callback.
    std::vector<CallbackInfo> callbacks() const {
        return detail::callbacks([&](auto out) { return bactrian_engine_callbacks(get(), out); });
    }
    // The hook that long work asks whether to stop: what it stops is a StateError and changes nothing. An empty one
    // takes it away.
    void set_interrupt(Interrupt interrupt) const {
        if (!interrupt) return detail::check(bactrian_engine_set_interrupt(get(), nullptr, nullptr, nullptr));
        auto *context = new Interrupt(std::move(interrupt));
        detail::check(bactrian_engine_set_interrupt(get(), detail::asked, context, detail::released<Interrupt>));
    }

    // With a layer, those tied to the customer in it, in either direction.
    std::vector<OwnedId> peers(const Id &customer, const std::optional<std::string> &layer = {}) const {
        const char *name = layer ? layer->c_str() : nullptr;
        return ids([&](auto out) { return bactrian_engine_peers(get(), customer.get(), name, out); });
    }
    // What ties a customer to each peer, in one layer or in all.
    Stream ties(const Id &customer, const std::optional<std::string> &layer = {}) const {
        const char *name = layer ? layer->c_str() : nullptr;
        return stream([&](auto out) { return bactrian_engine_ties(get(), customer.get(), name, out); });
    }
    // Whose ears to whisper in, and how far that goes.
    Stream seeds(const bactrian_seed_ask &ask, bactrian_spread *spread = nullptr) const {
        return stream([&](auto out) { return bactrian_engine_seeds(get(), &ask, spread, out); });
    }
    // What peers deal in and the customer does not yet; who of them can meet a need.
    Stream recommend(const Id &customer, std::size_t most, const char *needs = nullptr, const char *layer = nullptr) const {
        return stream([&](auto out) { return bactrian_engine_recommend(get(), customer.get(), most, needs, layer, out); });
    }
    Stream route(const std::string &need, const Id &customer, const char *needs = nullptr,
                 const char *layer = nullptr) const {
        return stream([&](auto out) {
            return bactrian_engine_route(get(), need.c_str(), customer.get(), needs, layer, out);
        });
    }

    std::vector<ColumnInfo> columns() const {
        const auto list = detail::made<bactrian_column_list, bactrian_column_list_free>(
            [&](auto out) { return bactrian_engine_columns(get(), out); });
        std::vector<ColumnInfo> columns;
        for (std::size_t i = 0; i < bactrian_column_list_count(list.get()); i++) {
            const bactrian_column_info *found = bactrian_column_list_at(list.get(), i);
            columns.push_back({found->name, found->toward != 0});
        }
        return columns;
    }
    // The text behind the number that a column of names gives.
    std::string key_text(double key) const {
        std::string text(63, '\0');
        std::size_t length = 0;
        detail::check(bactrian_engine_key_text(get(), key, text.data(), text.size() + 1, &length));
        const bool cut = length > text.size();
        text.resize(length);
        if (cut) detail::check(bactrian_engine_key_text(get(), key, text.data(), length + 1, nullptr));
        return text;
    }
    // The engine's clock; nothing before the first event.
    std::optional<Moment> clock() const {
        Moment at = 0;
        detail::check(bactrian_engine_now(get(), &at));
        return at == BACTRIAN_NOW ? std::nullopt : std::optional<Moment>(at);
    }
    void set_ceiling(Moment ceiling) const { detail::check(bactrian_engine_set_ceiling(get(), ceiling)); }
    Definition definition() const {
        return Definition([&](auto out) { return bactrian_engine_definition(get(), out); });
    }
    // One number for everything known: the same for the same records.
    std::uint64_t digest() const {
        std::uint64_t digest = 0;
        detail::check(bactrian_engine_digest(get(), &digest));
        return digest;
    }
    // Bytes of memory by part, in all and a customer.
    std::vector<MemoryPart> memory() const {
        return detail::memory([&](auto out) { return bactrian_engine_memory(get(), out); });
    }
    bactrian_stats stats() const {
        bactrian_stats stats = BACTRIAN_STATS_INIT;
        detail::check(bactrian_engine_stats(get(), &stats));
        return stats;
    }
    const bactrian_engine *get() const noexcept { return handle_.get(); }

private:
    Engine(const char *path, const bactrian_definition *definition, const Options &options) {
        bactrian_options opened = BACTRIAN_OPTIONS_INIT;
        opened.seed = options.seed;
        opened.ceiling = options.ceiling;
        opened.read_only = options.read_only;
        opened.durability = static_cast<std::uint32_t>(options.durability);
        if (options.interrupt) {
            opened.interrupt = detail::asked;
            opened.context = new Interrupt(options.interrupt);
            opened.release = detail::released<Interrupt>;
        }
        handle_ = detail::made<bactrian_engine, bactrian_engine_free>(
            [&](auto out) { return bactrian_engine_open(path, definition, &opened, out); });
    }

    // An ask as C has it; it lives no longer than the one that it came from.
    struct Limits {
        explicit Limits(const std::vector<std::pair<std::string, double>> &limits) {
            for (const auto &[name, number] : limits) {
                names.push_back(name.c_str());
                numbers.push_back(number);
            }
        }
        std::vector<const char *> names;
        std::vector<double> numbers;
    };

    struct AskView {
        explicit AskView(const Ask &ask) : context(ask.context) {
            view.toward = detail::get(ask.toward);
            view.at = ask.at;
            view.dry = ask.dry;
            view.most = ask.most;
            view.context = context.data();
            view.context_length = context.size();
        }
        detail::FieldViews context;
        bactrian_ask view = BACTRIAN_ASK_INIT;
    };

    template <class Call> static Stream stream(Call call) {
        Stream stream;
        detail::check(call(stream.get()));
        return stream;
    }

    void observe(const Event &event, bactrian_report **out) const { detail::check(observe_into(event, out)); }

    bactrian_status observe_into(const Event &event, bactrian_report **out) const {
        const detail::FieldViews fields(event.fields);
        bactrian_event view = BACTRIAN_EVENT_INIT;
        view.kind = event.kind.c_str();
        view.customer = detail::get(event.customer);
        view.peer = detail::get(event.peer);
        view.at = event.at;
        view.fields = fields.data();
        view.fields_length = fields.size();
        return bactrian_engine_observe(get(), &view, out);
    }

    template <class Call> Report arrow(Call call, Stream &stream, const Roles &roles) const {
        const detail::RoleViews views(roles);
        return Report([&](auto out) { return call(get(), stream.get(), views.get(), out); });
    }

    template <class Call> Report plain(Call call, const std::vector<Column> &columns, const Roles &roles) const {
        const detail::RoleViews views(roles);
        std::vector<bactrian_column> plain;
        for (const Column &column : columns) {
            if (column.rows() != columns.front().rows()) throw std::length_error("the columns differ in length");
            plain.push_back(column.get());
        }
        const std::size_t rows = columns.empty() ? 0 : columns.front().rows();
        return Report([&](auto out) { return call(get(), plain.data(), plain.size(), rows, views.get(), out); });
    }

    template <class Call> static std::vector<OwnedId> ids(Call call) {
        const auto found = detail::made<bactrian_ids, bactrian_ids_free>(call);
        std::vector<OwnedId> ids;
        for (std::size_t i = 0; i < bactrian_ids_count(found.get()); i++)
            ids.push_back(detail::owned(*bactrian_ids_at(found.get(), i)));
        return ids;
    }

    detail::Handle<bactrian_engine, bactrian_engine_free> handle_;
};

}  // namespace bactrian

#endif  // BACTRIAN_ENGINE_HPP
