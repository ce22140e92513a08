// What goes in: ids, fields, events, columns, roles, streams. Part of bactrian.hpp.
#ifndef BACTRIAN_VALUE_HPP
#define BACTRIAN_VALUE_HPP

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base.hpp"

namespace bactrian {

// Who: a text or a number. It holds the text by reference; as an argument it outlives the call.
class Id {
public:
    Id(std::string_view text) : id_(bactrian_id_bytes(text.data() ? text.data() : "", text.size())) {}
    Id(const std::string &text) : Id(std::string_view(text)) {}
    Id(const char *text) : Id(std::string_view(text)) {}
    template <class Number, std::enable_if_t<std::is_integral_v<Number> && !std::is_same_v<Number, bool>, int> = 0>
    Id(Number number) : id_(bactrian_id_number(static_cast<std::uint64_t>(number))) {
        if (number < Number{}) throw std::out_of_range("the number of a customer is negative");
    }
    const bactrian_id *get() const noexcept { return &id_; }

private:
    bactrian_id id_;
};

namespace detail {
// Ids as C takes them. NULL asks for everyone, so that nobody needs a place to point to.
class Ids {
public:
    Ids(const std::optional<std::vector<Id>> &ids) : everyone_(!ids) {
        if (ids) {
            for (const Id &id : *ids) views_.push_back(*id.get());
        }
        views_.push_back(bactrian_id_number(0));
    }
    const bactrian_id *data() const { return everyone_ ? nullptr : views_.data(); }
    std::size_t size() const { return views_.size() - 1; }

private:
    bool everyone_;
    std::vector<bactrian_id> views_;
};
}  // namespace detail

// An id of its own.
using OwnedId = std::variant<std::string, std::uint64_t>;

namespace detail {
inline const bactrian_id *get(const std::optional<Id> &id) { return id ? id->get() : nullptr; }

inline OwnedId owned(const bactrian_id &id) {
    return id.text ? OwnedId(std::string(id.text, id.length)) : OwnedId(id.number);
}
}  // namespace detail

// A named value: a role of an event, or a trait.
class Field {
public:
    Field(std::string name, std::nullptr_t) : Field(std::move(name), BACTRIAN_TYPE_NULL) {}
    Field(std::string name, double number) : Field(std::move(name), BACTRIAN_TYPE_NUMBER) { value_.number = number; }
    Field(std::string name, int number) : Field(std::move(name), static_cast<double>(number)) {}
    Field(std::string name, bool flag) : Field(std::move(name), BACTRIAN_TYPE_FLAG) { value_.flag = flag; }
    Field(std::string name, const char *text) : Field(std::move(name), std::string(text)) {}
    Field(std::string name, std::string text) : Field(std::move(name), std::vector<std::string>{std::move(text)}) {
        type_ = BACTRIAN_TYPE_TEXT;
    }
    Field(std::string name, std::vector<std::string> texts) : Field(std::move(name), BACTRIAN_TYPE_TEXTS) {
        texts_ = std::move(texts);
    }
    // A moment, in microseconds since 1970 UTC.
    static Field time(std::string name, Moment at) {
        Field field(std::move(name), BACTRIAN_TYPE_TIME);
        field.value_.time = at;
        return field;
    }

    // As C has it, valid as long as this object; `views` is room for the texts.
    bactrian_field get(std::vector<bactrian_text> &views) const {
        bactrian_field field{name_.c_str(), type_, value_};
        if (type_ == BACTRIAN_TYPE_TEXT) field.value.text = {texts_[0].data(), texts_[0].size()};
        if (type_ == BACTRIAN_TYPE_TEXTS) {
            for (const std::string &text : texts_) views.push_back({text.data(), text.size()});
            field.value.texts = {views.data(), views.size()};
        }
        return field;
    }

private:
    Field(std::string name, bactrian_type type) : name_(std::move(name)), type_(type) {}

    std::string name_;
    bactrian_type type_;
    bactrian_value value_{};
    std::vector<std::string> texts_;
};

using Fields = std::vector<Field>;

namespace detail {
// Fields as C takes them.
class FieldViews {
public:
    FieldViews(const Fields &fields) : texts_(fields.size()) {
        for (std::size_t i = 0; i < fields.size(); i++) views_.push_back(fields[i].get(texts_[i]));
    }
    const bactrian_field *data() const { return views_.data(); }
    std::size_t size() const { return views_.size(); }

private:
    std::vector<std::vector<bactrian_text>> texts_;
    std::vector<bactrian_field> views_;
};
}  // namespace detail

// One event: who or toward whom, when, and its other roles.
struct Event {
    std::string kind;
    std::optional<Id> customer, peer;
    Moment at;
    Fields fields = {};
};

// One column of a batch, held by reference: numbers, moments, whole numbers, or texts that end with NUL.
class Column {
public:
    Column(std::string name, const std::vector<double> &values) : Column(std::move(name), values, BACTRIAN_TYPE_NUMBER) {}
    Column(std::string name, const std::vector<std::int64_t> &times) : Column(std::move(name), times, BACTRIAN_TYPE_TIME) {}
    Column(std::string name, const std::vector<std::uint64_t> &ids) : Column(std::move(name), ids, BACTRIAN_TYPE_WHOLE) {}
    Column(std::string name, const std::vector<const char *> &texts) : Column(std::move(name), texts, BACTRIAN_TYPE_TEXT) {}
    Column(std::string name, const std::vector<std::uint8_t> &flags) : Column(std::move(name), flags, BACTRIAN_TYPE_FLAG) {}
    // The same column with a byte a row, 0 where the value is unknown.
    Column known(const std::vector<std::uint8_t> &bytes) const {
        if (bytes.size() != rows_) throw std::length_error("`known` has another length than its column");
        Column column = *this;
        column.known_ = bytes.data();
        return column;
    }
    std::size_t rows() const noexcept { return rows_; }
    bactrian_column get() const { return {name_.c_str(), type_, data_, known_}; }

private:
    template <class T>
    Column(std::string name, const std::vector<T> &values, bactrian_type type)
        : name_(std::move(name)), type_(type), data_(values.data()), rows_(values.size()) {}

    std::string name_;
    bactrian_type type_;
    const void *data_;
    const std::uint8_t *known_ = nullptr;
    std::size_t rows_;
};

// How the columns of a batch are called: the kind of all rows, and our word with their column.
struct Roles {
    std::optional<std::string> kind = {};
    std::vector<std::pair<std::string, std::string>> columns = {};
};

namespace detail {
// Roles as C takes them.
class RoleViews {
public:
    RoleViews(const Roles &roles) {
        for (const auto &[word, column] : roles.columns) {
            words_.push_back(word.c_str());
            columns_.push_back(column.c_str());
        }
        view_.kind = roles.kind ? roles.kind->c_str() : nullptr;
        view_.roles = words_.data();
        view_.columns = columns_.data();
        view_.length = words_.size();
    }
    const bactrian_roles *get() const { return &view_; }

private:
    std::vector<const char *> words_, columns_;
    bactrian_roles view_ = BACTRIAN_ROLES_INIT;
};
}  // namespace detail

// An Arrow stream that releases itself.
class Stream {
public:
    Stream() { stream_.release = nullptr; }
    Stream(Stream &&other) noexcept : stream_(other.stream_) { other.stream_.release = nullptr; }
    Stream &operator=(Stream &&other) noexcept {
        std::swap(stream_, other.stream_);
        return *this;
    }
    ~Stream() {
        if (stream_.release) stream_.release(&stream_);
    }
    // For Arrow libraries, which take the stream over and leave a released one.
    ArrowArrayStream *get() noexcept { return &stream_; }

private:
    ArrowArrayStream stream_;
};

}  // namespace bactrian

#endif  // BACTRIAN_VALUE_HPP
