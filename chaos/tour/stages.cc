#include "base/core/check.h"
#include "chaos/tour/embedded.h"
#include "chaos/tour/tour.h"

namespace multiaz::chaos {

namespace {

constexpr Stage kStages[] = {
    {"plain", "1-plain.toml", "carts in each instance's memory, round robin",
     "The load balancer sends every request to the next instance, and that one has never seen the "
     "cart. Nearly every cart is gone with the next click; no fault was needed.",
     "Four instances, round robin: how many carts are still whole at the next click?", false},
    {"stickiness", "2-stickiness.toml", "the same, with a stickiness cookie (AWSALB)",
     "The cookie brings a visitor back to the instance that holds the cart. When that instance "
     "dies, "
     "its carts die with it: about a quarter of them, with four instances.",
     "One of four instances is killed: which carts are gone?", false},
    {"user-cookies", "3-user-cookies.toml", "the cart in a signed cookie",
     "Nothing is kept in the web tier, so nothing is lost with it, whatever dies. Every request "
     "carries the whole cart, and at 4 KB the shop must refuse another line.",
     "What does a killed instance take with it now, and what do the requests weigh?", false},
    {"server-session", "4-server-session.toml", "a session id in the cookie, the cart in the cache",
     "Any instance serves any visitor, and requests are light again. But the one cache node keeps "
     "its data in memory: when it or its zone dies, all carts are gone.",
     "An instance is killed, then the zone: what is lost each time?", false},
    {"session-table", "5-session-table.toml", "the session in a DynamoDB table",
     "The alternative to a cache: the table is on disk, so the carts survive even the zone. Each "
     "look at a cart asks the table's service and its database, which a cache would have spared.",
     "Instead of a cache: a table. What is lost with the zone now, and what does the database do?",
     false},
    {"database", "6-database.toml", "accounts, addresses and orders in a database",
     "Orders are on disk before they are acknowledged, so none is lost, not even with the zone. "
     "The "
     "shop is away until the zone is back, and the carts were in the cache's memory.",
     "The only zone goes dark and comes back: do the orders survive? The carts?", true},
    {"read-replicas", "7-read-replicas.toml", "browsing asks read replicas",
     "The replicas answer the browsers, and the primary's load falls to what it alone can do. What "
     "they show may be a moment old, and nothing is any more available than before.",
     "How much less does the primary have to do?", true},
    {"cache-in-front", "8-cache-in-front.toml", "a cache in front of the database, lazy loading",
     "Most pages come from the cache, and both primary and replicas rest. When the cache dies the "
     "database takes it all again, one fill a product and instance at a time.",
     "What is the hit ratio after two seconds? And when the cache dies?", true},
    {"multi-az", "9-multi-az.toml", "everything doubled over three zones",
     "The same zone dies as in every stage before, and shoppers notice a fraction of a second. "
     "No cart and no order is lost: each was in two zones before it was acknowledged.",
     "A whole zone is killed, with both primaries in it: what is lost, and for how long?", true,
     "9-single-az.toml"},
};

}  // namespace

std::span<const Stage> tour_stages() {
  return kStages;
}

const Stage* find_stage(std::string_view name) {
  for (const Stage& stage : kStages) {
    if (stage.name == name) return &stage;
  }
  return nullptr;
}

std::string_view stage_toml(const Stage& stage) {
  for (const EmbeddedFile& one : embedded_stages()) {
    if (one.name == stage.file) return one.text;
  }
  CHECK_NOTE(false, "the stage file is not compiled in");
}

}  // namespace multiaz::chaos
