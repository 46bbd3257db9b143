#include "base/wire/control.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <variant>

#include "base/wire/control_fields.h"

namespace multiaz::wire {
namespace {

using nlohmann::json;

json to_json(const ControlMessage& message) {
  return json::from_msgpack(encode(message));
}

Result<ControlMessage> from_json(const json& value) {
  const auto packed = json::to_msgpack(value);
  return decode_control(
      std::string_view(reinterpret_cast<const char*>(packed.data()), packed.size()));
}

// Gives every field a value of its own, so that a field that is lost or swapped is seen.
struct Scatter {
  uint64_t next = 1000;
  template <typename T>
  void operator()(std::string_view, T& value) {
    set(value);
  }
  void set(bool& value) { value = true; }
  void set(uint64_t& value) { value = ++next << 30; }
  void set(int64_t& value) { value = -static_cast<int64_t>(++next); }
  void set(uint16_t& value) { value = static_cast<uint16_t>(++next); }
  void set(std::string& value) { value = "text " + std::to_string(++next); }
  template <typename T>
  void set(std::vector<T>& values) {
    for (int i = 0; i < 3; ++i) set(values.emplace_back());
  }
  template <typename T>
  void set(std::map<std::string, T>& values) {
    for (int i = 0; i < 3; ++i) set(values["key " + std::to_string(++next)]);
  }
  template <typename T>
  requires std::is_class_v<T>
  void set(T& value) { describe(value, *this); }
};

template <size_t... I>
std::vector<ControlMessage> one_of_each(std::index_sequence<I...>) {
  std::vector<ControlMessage> out;
  Scatter scatter;
  const auto add = [&](auto message) {
    describe(message, scatter);
    out.push_back(std::move(message));
  };
  (add(std::variant_alternative_t<I, ControlMessage::variant>()), ...);
  return out;
}
std::vector<ControlMessage> one_of_each() {
  return one_of_each(std::make_index_sequence<std::variant_size_v<ControlMessage::variant>>());
}

TEST(ControlMessages, AllComeBackAsTheyWere) {
  for (const auto& message : one_of_each()) {
    const auto bytes = encode(message);
    auto back = decode_control(bytes);
    ASSERT_TRUE(back.ok()) << name_of(message) << ": " << back.error().text();
    EXPECT_EQ(*back, message) << name_of(message);
  }
}

// Counts the members of an aggregate: the most initialisers that it takes.
struct Anything {
  template <typename T>
  operator T() const;
};
template <typename T, typename... Init>
constexpr size_t member_count() {
  if constexpr (requires { T{Init()..., Anything()}; }) {
    return member_count<T, Init..., Anything>();
  } else {
    return sizeof...(Init);
  }
}
struct CountFields {
  size_t count = 0;
  template <typename T>
  void operator()(std::string_view, T&) {
    ++count;
  }
};
template <typename T>
void expect_every_field_described(std::string_view name) {
  T message;
  CountFields fields;
  describe(message, fields);
  EXPECT_EQ(fields.count, member_count<T>()) << name << ": a field is missing in control_fields.h";
}
template <size_t... I>
void expect_all_described(std::index_sequence<I...>) {
  (expect_every_field_described<std::variant_alternative_t<I, ControlMessage::variant>>(
       kControlNames[I]),
   ...);
}

TEST(ControlMessages, HaveEveryFieldOnTheWire) {
  expect_all_described(std::make_index_sequence<std::variant_size_v<ControlMessage::variant>>());
  expect_every_field_described<PeerStatus>("PeerStatus");
  expect_every_field_described<MemberInfo>("MemberInfo");
  expect_every_field_described<InstanceInfo>("InstanceInfo");
  expect_every_field_described<GroupInfo>("GroupInfo");
  expect_every_field_described<FaultInfo>("FaultInfo");
  expect_every_field_described<ProcessInfo>("ProcessInfo");
}

TEST(ControlMessages, AreMessagePackThatOthersRead) {
  ViewAck ack;
  ack.group = "cache";
  ack.epoch = 7;
  ack.id = "cache-a1";
  ack.tail = 1000;
  ack.active = true;
  EXPECT_EQ(to_json(ack), json::parse(R"(["ViewAck", {"group": "cache", "epoch": 7,
      "id": "cache-a1", "tail_epoch": 0, "tail": 1000, "active": true}])"));
}

TEST(ControlMessages, HaveGoldenBytes) {
  Welcome welcome;
  welcome.nonce = "n";
  welcome.proof = "p";
  EXPECT_EQ(encode(welcome), "\x92\xa7Welcome\x82\xa5nonce\xa1n\xa5proof\xa1p");
  EXPECT_EQ(encode(Ping{}), "\x92\xa4Ping\x80");
}

TEST(ControlMessages, MayHoldKeysOfANewerPeer) {
  auto value = to_json(Drain{});
  value[1]["later"] = {1, {{"x", nullptr}}, 2.5};
  auto back = from_json(value);
  ASSERT_TRUE(back.ok()) << back.error().text();
  EXPECT_TRUE(std::holds_alternative<Drain>(*back));
}

TEST(ControlMessages, NameWhatIsWrong) {
  const auto error_of = [](const json& value) {
    auto back = from_json(value);
    return back.ok() ? std::string("ok") : back.error().detail;
  };
  Hello hello;
  auto value = to_json(hello);
  value[1].erase("nonce");
  EXPECT_EQ(error_of(value), "Hello: key 'nonce' is missing");
  value = to_json(hello);
  value[1]["pid"] = "one";
  EXPECT_EQ(error_of(value), "Hello: key 'pid' has another type");
  value[1]["pid"] = 1;
  value[1]["launch"] = -1;
  EXPECT_EQ(error_of(value), "Hello: key 'launch' has another type");

  TopologyUpdate topology;
  topology.instances.emplace_back();
  value = to_json(topology);
  value[1]["instances"][0]["port"] = 65536;
  EXPECT_EQ(error_of(value), "TopologyUpdate: key 'port' has another type");
  value[1]["instances"][0] = 5;
  EXPECT_EQ(error_of(value), "TopologyUpdate: is not a map");

  EXPECT_EQ(error_of({"Nonsense", json::object()}), "unknown control message 'Nonsense'");
  EXPECT_EQ(error_of(json::array({"Ping", 5})), "Ping: is not a map");
  EXPECT_EQ(error_of(5), "control message is not [name, {...}]");
  EXPECT_EQ(error_of({"Ping", json::object(), 3}), "control message is not [name, {...}]");
}

TEST(ControlMessages, RefuseEveryCutAndWhatFollows) {
  for (const auto& message : one_of_each()) {
    const auto bytes = encode(message);
    for (size_t size = 0; size < bytes.size(); ++size)
      ASSERT_FALSE(decode_control(std::string_view(bytes).substr(0, size)).ok())
          << name_of(message) << " cut at " << size;
    EXPECT_FALSE(decode_control(bytes + '\xc0').ok()) << name_of(message);
  }
  EXPECT_EQ(decode_control("\x92\xa4Ping\x82\xa1x\x01\xa1x\x01").error().detail,
            "Ping: has a key twice");
  EXPECT_FALSE(decode_control("\x92\xa4Ping\x81\xa1x" + std::string(100'000, '\x91')).ok());
  EXPECT_EQ(decode_control(std::string(kControlBytesMax + 1, '\xc0')).error().code, Code::kLimit);
}

TEST(MembershipProof, DependsOnEverythingItCovers) {
  const std::string key(64, 'a');
  const auto proof = [&](std::string_view k, std::string_view label, std::string_view a,
                         std::string_view b, std::string_view id) {
    return membership_proof(k, label, a, b, id).value();
  };
  const auto mine = proof(key, "client", "n1", "n2", "web-a1");
  EXPECT_EQ(mine.size(), 64u);
  EXPECT_EQ(mine, proof(key, "client", "n1", "n2", "web-a1"));
  EXPECT_NE(mine, proof(std::string(64, 'b'), "client", "n1", "n2", "web-a1"));
  EXPECT_NE(mine, proof(key, "server", "n1", "n2", "web-a1"));
  EXPECT_NE(mine, proof(key, "client", "n2", "n1", "web-a1"));
  EXPECT_NE(mine, proof(key, "client", "n1", "n2", "web-a2"));
  EXPECT_NE(mine, proof(key, "client", "n1n", "2", "web-a1")) << "lengths count";
  EXPECT_TRUE(same_proof(mine, mine));
  EXPECT_FALSE(same_proof(mine, mine.substr(1)));
}

// The expected value is Python's hashlib.blake2b(key=..., digest_size=32) over the parts with their
// lengths.
TEST(MembershipProof, HasGoldenBytes) {
  EXPECT_EQ(membership_proof("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                             "client", "aa", "bb", "db-a1")
                .value(),
            "64fdeb6f6aa4c92223fe9956c0777a3549461f08d5d2258261132370dd46cd0f");
}

TEST(MembershipProof, NeedsAWholeKey) {
  for (const auto& key : {std::string(), std::string(63, 'a'), std::string(66, 'a'),
                          std::string(64, 'g'), std::string(62, 'a') + "  "})
    EXPECT_FALSE(membership_proof(key, "client", "a", "b", "c").ok()) << key;
}

}  // namespace
}  // namespace multiaz::wire
