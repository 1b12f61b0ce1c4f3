package io.tributary.core.conflict;

import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Entries of one event and key. */
final class Samples {
  static final long NOW = 1_800_000_000_000L;
  static final String EVENT = "note";
  static final String KEY = "n1";

  static final EventDefinition<JsonObject> NOTE =
      EventDefinition.of(EVENT, PayloadCodec.json(), note -> note.getString("key"));

  /** MessagePack that was cut off. */
  static final byte[] NOT_A_PAYLOAD = {(byte) 0x81};

  private Samples() {}

  /** A version 7 id. */
  static EntryId id(long millis, long random) {
    return new EntryId(millis << 16 | 0x7000, 0x8000000000000000L | random);
  }

  static Entry entry(EntryId id, byte[] payload) {
    return new Entry(id, EVENT, KEY, payload);
  }

  static Entry note(long millis, int votes) {
    return entry(id(millis, 1), NOTE.encode(new JsonObject().put("key", KEY).put("votes", votes)));
  }

  static int votes(byte @Nullable [] payload) {
    return payload == null ? -1 : NOTE.decode(payload).getInteger("votes");
  }

  static JsonObject mostVotes(JsonObject a, JsonObject b) {
    return a.put("votes", Math.max(a.getInteger("votes"), b.getInteger("votes")));
  }

  static ConflictPolicy merging() {
    return ConflictPolicies.merges().event(NOTE, Samples::mostVotes).build();
  }

  static Winner winner(ConflictPolicy policy, Entry entry) {
    return stands(policy, entry, Optional.empty()).winner();
  }

  static Verdict.Stands stands(ConflictPolicy policy, Entry entry, Optional<Winner> winner) {
    return (Verdict.Stands) verdict(policy, entry, winner);
  }

  static Verdict verdict(ConflictPolicy policy, Entry entry, Optional<Winner> winner) {
    Future<Verdict> verdict = WinnerRules.decide(policy, entry, winner);
    if (verdict.failed()) {
      throw new AssertionError(verdict.cause());
    }
    return verdict.result();
  }

  /** Of version 7 mostly, by clocks that agree, or don't. */
  static EntryId randomId(Random random) {
    long skew = switch (random.nextInt(4)) {
      case 0 -> random.nextLong(-86_400_000L * 3_000, 86_400_000L * 3_000);
      case 1 -> random.nextInt(3);
      default -> random.nextInt(60_000);
    };
    long high = (NOW + skew) << 16 | 0x7000 | random.nextInt(4);
    long low = 0x8000000000000000L | random.nextLong() >>> 2;
    return switch (random.nextInt(12)) {
      case 0 -> new EntryId((high & ~0xf000L) | 0x4000, low);
      case 1 -> random.nextBoolean() ? new EntryId(0, random.nextInt(2)) : new EntryId(-1, -1);
      default -> new EntryId(high, low);
    };
  }

  static String text(byte[] utf8) {
    return new String(utf8, StandardCharsets.UTF_8);
  }
}
