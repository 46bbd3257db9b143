// The fields of a request, read by type. null counts as absent, as in AWS. Another type is a
// SerializationException ("Limit: STRING_VALUE cannot be converted to Integer"), a value that is
// not allowed is a ValidationException that names the allowed ones.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "awsapi/dynamodb/fault.h"

namespace multiaz::awsapi::dynamodb {

// With nullptr as the fallback, the field must be present.
Outcome<std::string> text_field(const nlohmann::json& in, const char* name, const char* fallback);
// The text must be one of the words; the fallback when absent.
Outcome<std::string> word_field(const nlohmann::json& in, const char* name, const char* fallback,
                                std::initializer_list<std::string_view> allowed);
Outcome<bool> flag_field(const nlohmann::json& in, const char* name, bool fallback = false);
// A number within [low, high]; nullopt when absent.
Outcome<std::optional<int64_t>> number_field(const nlohmann::json& in, const char* name,
                                             int64_t low, int64_t high);
// The field of `in`; an empty one when absent.
Outcome<const nlohmann::json*> list_field(const nlohmann::json& in, const char* name);
Outcome<const nlohmann::json*> map_field(const nlohmann::json& in, const char* name);
// Checks that an element of a list or map is a structure.
Done structure(const nlohmann::json& value, std::string_view name);

// The message "Value null at 'key' failed to satisfy constraint: Member must not be null".
Error missing(std::string_view name);

}  // namespace multiaz::awsapi::dynamodb
