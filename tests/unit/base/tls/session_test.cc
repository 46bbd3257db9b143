// Two sessions whose bytes are carried by hand.
#include "base/tls/session.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "tests/unit/base/tls/identities.h"

namespace multiaz::tls {
namespace {

struct Ends {
  Ends(std::shared_ptr<const Context> client_side, std::shared_ptr<const Context> server_side)
      : client(std::move(client_side)), server(std::move(server_side)) {}

  // Carries bytes in pieces of `step` until both are silent or one refuses.
  Status talk(size_t step = 1 << 20) {
    if (to_server.empty() && !client.established()) client.start(to_server);
    Status all;
    while (all && (!to_server.empty() || !to_client.empty())) {
      all = carry(to_server, server, at_server, to_client, step);
      if (all) all = carry(to_client, client, at_client, to_server, step);
    }
    return all;
  }

  static Status carry(std::string& wire, Session& to, std::string& plain, std::string& reply,
                      size_t step) {
    const std::string all = std::exchange(wire, "");
    Status taken;
    for (size_t at = 0; taken && at < all.size(); at += step) {
      taken = to.take_in(std::string_view(all).substr(at, step), plain, reply);
    }
    return taken;
  }

  Session client, server;
  std::string to_server, to_client;  // on the wire
  std::string at_server, at_client;  // what arrived
};

TEST(TlsSession, BothEndsAgreeAndTheirBytesArrive) {
  Ends ends(client("shop.multiaz.test"), server({certificate({"shop.multiaz.test"})}));
  ASSERT_TRUE(ends.talk());
  ASSERT_TRUE(ends.client.established() && ends.server.established());
  ends.client.write("GET /", ends.to_server);
  EXPECT_EQ(ends.to_server.find("GET /"), std::string::npos);
  ends.server.write(std::string(100'000, 'x'), ends.to_client);
  ASSERT_TRUE(ends.talk());
  EXPECT_EQ(ends.at_server, "GET /");
  EXPECT_EQ(ends.at_client, std::string(100'000, 'x'));
  const Facts facts = ends.server.facts();
  EXPECT_EQ(facts.version, "TLSv1.3");
  EXPECT_EQ(facts.server_name, "shop.multiaz.test");
  EXPECT_FALSE(facts.resumed);
}

TEST(TlsSession, EveryByteMayArriveAlone) {
  Ends ends(client("127.0.0.1"), server({certificate({"127.0.0.1"})}));
  const Status talked = ends.talk(1);
  ASSERT_TRUE(talked) << talked.error().text();
  ends.client.write("hello", ends.to_server);
  ASSERT_TRUE(ends.talk(1));
  EXPECT_EQ(ends.at_server, "hello");
}

TEST(TlsSession, BytesBehindTheLastMessageOfTheHandshakeAreTheApplications) {
  Ends ends(client("localhost"), server({certificate({"localhost"})}));
  ends.client.start(ends.to_server);
  ASSERT_TRUE(Ends::carry(ends.to_server, ends.server, ends.at_server, ends.to_client, 1 << 20));
  ASSERT_TRUE(Ends::carry(ends.to_client, ends.client, ends.at_client, ends.to_server, 1 << 20));
  ASSERT_TRUE(ends.client.established());
  ends.client.write("with the last flight", ends.to_server);
  ASSERT_FALSE(ends.server.established());
  ASSERT_TRUE(ends.talk());
  EXPECT_EQ(ends.at_server, "with the last flight");
}

TEST(TlsSession, AnEndIsSaidAndHeard) {
  Ends ends(client("localhost"), server({certificate({"localhost"})}));
  ASSERT_TRUE(ends.talk());
  ends.client.write("last words", ends.to_server);
  ends.client.end(ends.to_server);
  EXPECT_FALSE(ends.server.peer_ended());
  ASSERT_TRUE(ends.talk());
  EXPECT_TRUE(ends.server.peer_ended());
  EXPECT_EQ(ends.at_server, "last words");
  ends.server.write("the answer", ends.to_client);
  ASSERT_TRUE(ends.talk());
  EXPECT_EQ(ends.at_client, "the answer") << "the other direction stays open";
}

TEST(TlsSession, TheCertificateIsChosenByTheNameAndTheFirstIsForTheRest) {
  const auto context = server({certificate({"localhost", "127.0.0.1"}),
                               certificate({"shop.multiaz.test"}), certificate({"*.web.test"})});
  for (const char* name : {"localhost", "127.0.0.1", "shop.multiaz.test", "a.web.test"}) {
    Ends ends(client(name), context);
    EXPECT_TRUE(ends.talk()) << name;
    EXPECT_TRUE(ends.server.established()) << name;
  }
  for (const char* name : {"a.b.web.test", "web.test", "other.test"}) {
    Ends ends(client(name), context);
    const Status talked = ends.talk();
    ASSERT_FALSE(talked) << name;
    EXPECT_EQ(talked.error().code, Code::kDenied);
    EXPECT_EQ(talked.error().detail,
              "TLS: the certificate of " + std::string(name) + ": hostname mismatch");
  }
}

TEST(TlsSession, AnUnknownAuthorityIsNotTrusted) {
  const Identity other = *make_authority("another authority");
  auto foreign = issue_certificate(other, "a server of tests", {"localhost"});
  ASSERT_TRUE(foreign.ok());
  Ends ends(client("localhost"), server({*foreign}));
  const Status talked = ends.talk();
  ASSERT_FALSE(talked);
  EXPECT_EQ(talked.error().code, Code::kDenied);
}

TEST(TlsSession, TheServerChoosesAmongTheProtocolsOfTheClient) {
  const Identity ours = certificate({"localhost"});
  Ends both(client("localhost", {"http/1.1", "h2"}), server({ours}, {"h2", "http/1.1"}));
  ASSERT_TRUE(both.talk());
  EXPECT_EQ(both.server.facts().protocol, "h2");
  EXPECT_EQ(both.client.facts().protocol, "h2");
  Ends silent(client("localhost"), server({ours}, {"http/1.1"}));
  ASSERT_TRUE(silent.talk());
  EXPECT_EQ(silent.server.facts().protocol, "");
  Ends none(client("localhost", {"h3"}), server({ours}, {"http/1.1"}));
  EXPECT_FALSE(none.talk());
}

TEST(TlsSession, WhatIsNoTlsIsRefusedWithAReason) {
  Ends ends(client("localhost"), server({certificate({"localhost"})}));
  std::string plain, reply;
  const Status taken = ends.server.take_in("GET / HTTP/1.1\r\n\r\n", plain, reply);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Code::kInvalid);
  EXPECT_EQ(taken.error().detail, "TLS: http request");
  EXPECT_EQ(plain, "");
}

TEST(TlsSession, AChangedByteEndsTheSession) {
  Ends ends(client("localhost"), server({certificate({"localhost"})}));
  ASSERT_TRUE(ends.talk());
  ends.client.write("one hundred", ends.to_server);
  ends.to_server.back() ^= 1;
  EXPECT_FALSE(ends.talk());
  EXPECT_EQ(ends.at_server, "");
}

TEST(TlsContext, AWrongKeyOrTextIsNamed) {
  const Identity one = certificate({"localhost"}), two = certificate({"localhost"});
  const auto detail = [](const Identity& identity) {
    const auto made = Context::server({{identity}, {}, ""});
    return made.ok() ? "ok" : made.error().detail;
  };
  EXPECT_EQ(detail({one.certificates_pem, two.key_pem}),
            "the private key is not the certificate's: key values mismatch");
  EXPECT_EQ(detail({"", one.key_pem}), "no certificate in PEM form");
  EXPECT_TRUE(detail({one.certificates_pem, "x"}).starts_with("no private key in PEM form"));
}

TEST(TlsContext, NodesWithOneSecretShareTheKeysOfTickets) {
  const Identity ours = certificate({"localhost"});
  const std::string name(16, 'n');
  const auto a = server({ours}, {}, "one"), b = server({ours}, {}, "one"),
             c = server({ours}, {}, "two"), d = server({ours}, {}, ""), e = server({ours}, {}, "");
  EXPECT_EQ(a->ticket_key(name).size(), 64U);
  EXPECT_EQ(a->ticket_key(name), b->ticket_key(name));
  EXPECT_NE(a->ticket_key(name), a->ticket_key(std::string(16, 'm')));
  EXPECT_NE(a->ticket_key(name), c->ticket_key(name));
  EXPECT_NE(d->ticket_key(name), e->ticket_key(name)) << "without a secret each has its own";
}

TEST(TlsAuthority, CertifiesOnlyNamesThatBelongToNobody) {
  for (const char* name : {"example.com", "10.0.0.1", "test", "shop.test.com", "a b.test", "",
                           "..test", "shop.multiaz.test,DNS:example.com"}) {
    const auto issued = issue_certificate(authority(), "x", {name});
    ASSERT_FALSE(issued.ok()) << name;
    EXPECT_EQ(issued.error().code, Code::kInvalid);
  }
  EXPECT_FALSE(issue_certificate(authority(), "x", {}).ok());
}

}  // namespace
}  // namespace multiaz::tls
