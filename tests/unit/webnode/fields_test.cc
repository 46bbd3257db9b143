#include "webnode/shop/fields.h"

#include <gtest/gtest.h>

#include "webnode/shop/refusal.h"

namespace multiaz::webnode {
namespace {

Fields fields_of(std::string_view json) {
  Result<Fields> fields = Fields::from_json(json);
  EXPECT_TRUE(fields.ok()) << json;
  return std::move(*fields);
}

// "field: message" of the first mistake, "" without one.
std::string mistake(const Fields& fields) {
  const Status status = fields.status();
  if (status) return "";
  const Refusal refusal = explain(status.error());
  EXPECT_EQ(refusal.status, 400);
  return refusal.field + ": " + refusal.message;
}

TEST(Fields, GoodInputComesThrough) {
  Fields fields = fields_of(R"({"name":"  Zoë ","qty":3,"op":"a-B_9","email":"Ada@Example.COM",
                               "password":" keeps\tall ","more":[1]})");
  EXPECT_EQ(fields.text("name", 1, 10), "Zoë");
  EXPECT_EQ(fields.integer("qty", 1, 99), 3);
  EXPECT_EQ(fields.optional_token("op"), "a-B_9");
  EXPECT_EQ(fields.optional_token("absent"), "");
  EXPECT_EQ(fields.optional_integer("absent", 1, 9, 4), 4);
  EXPECT_EQ(fields.email("email"), "ada@example.com");
  EXPECT_EQ(fields.raw_text("password", 1, 20), " keeps\tall ");
  EXPECT_EQ(mistake(fields), "");
}

TEST(Fields, TheFirstMistakeIsNamed) {
  Fields fields = fields_of(R"({"qty":"3","name":7})");
  (void)fields.integer("qty", 1, 99);
  (void)fields.text("name", 1, 10);
  EXPECT_EQ(mistake(fields), "qty: qty must be a whole number from 1 to 99.");
}

TEST(Fields, WrongNumbers) {
  for (const char* value : {"0", "100", "1.5", "true", "null", "[]", "\"7\"", "1e300",
                            "18446744073709551615", "-9223372036854775808"}) {
    Fields fields = fields_of(std::string("{\"qty\":") + value + "}");
    (void)fields.integer("qty", 1, 99);
    EXPECT_NE(mistake(fields), "") << value;
  }
}

TEST(Fields, FormsCarryNumbersAsText) {
  wire::FormPairs form;
  form.add("qty", "12");
  form.add("bad", "12x");
  Fields fields = Fields::from_form(form);
  EXPECT_EQ(fields.integer("qty", 1, 99), 12);
  EXPECT_EQ(mistake(fields), "");
  (void)fields.integer("bad", 1, 99);
  EXPECT_EQ(mistake(fields), "bad: bad must be a whole number from 1 to 99.");
}

TEST(Fields, NotAnObject) {
  for (const char* text : {"", "[]", "1", "{", "{}x", "\xff", "nul"}) {
    EXPECT_FALSE(Fields::from_json(text).ok()) << text;
  }
  std::string deep(100000, '[');
  EXPECT_FALSE(Fields::from_json(deep).ok());
}

TEST(Fields, CleanTextIsValidUtf8WithoutControls) {
  for (const std::string_view good : {"", "abc", "Zoë", "日本", "🧥", "a\xc2\x80"}) {
    EXPECT_TRUE(is_clean_text(good)) << good;
  }
  for (const std::string_view bad :
       {"a\x01", "\x7f", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5",
        "\xc2", "\xe2\x82", "\x80", "a\nb"}) {
    EXPECT_FALSE(is_clean_text(bad));
  }
  EXPECT_FALSE(is_clean_text(std::string_view("\0", 1)));
}

TEST(Fields, TokensAndEmails) {
  EXPECT_TRUE(is_token(std::string(64, 'a')));
  EXPECT_FALSE(is_token(std::string(65, 'a')));
  for (const char* bad : {"", "a b", "a.b", "a/b", "ä"}) EXPECT_FALSE(is_token(bad)) << bad;
  for (const char* bad :
       {"a", "@b.c", "a@", "a@b", "a@.b", "a@b.", "a@b@c.d", "a b@c.d", "<a@b.c>"}) {
    Fields fields = fields_of(std::string("{\"email\":\"") + bad + "\"}");
    (void)fields.email("email");
    EXPECT_NE(mistake(fields), "") << bad;
  }
}

TEST(Refusal, CodesBecomeStatuses) {
  EXPECT_EQ(explain(refuse(Code::kConflict, "cart_empty", "Empty.")).status, 409);
  EXPECT_EQ(explain(refuse(Code::kConflict, "key_reused", "No.")).status, 422);
  EXPECT_EQ(explain(refuse(Code::kDenied, "too_many_attempts", "Wait.")).status, 429);
  const Refusal away = explain(Error(Code::kUnavailable, "cache: connection refused"));
  EXPECT_EQ(away.status, 503);
  EXPECT_TRUE(away.not_executed);
  EXPECT_EQ(away.message.find("refused"), std::string::npos) << "no insides for strangers";
  const Refusal doubt = explain(in_doubt(Error(Code::kUnavailable, "x")));
  EXPECT_EQ(doubt.status, 504);
  EXPECT_FALSE(doubt.not_executed);
  EXPECT_EQ(explain(refuse(Code::kInvalid, "invalid", "a|b", "f")).message, "a|b");
}

}  // namespace
}  // namespace multiaz::webnode
