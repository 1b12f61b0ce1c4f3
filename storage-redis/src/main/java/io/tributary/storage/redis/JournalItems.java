package io.tributary.storage.redis;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What journals hold as it is in the server. {@code journal-commit.lua} says which parts the scripts
 * look at.
 */
final class JournalItems {
  /** Of a SHA-256: nobody finds two texts that share so many. */
  private static final int HASH = 20;

  private static final int STATE = 1;
  private static final int FLAG = 1;
  private static final int LENGTH = Integer.BYTES;

  private JournalItems() {}

  /** By which an event and primary key are found. */
  static byte[] key(byte[] event, byte[] primaryKey) {
    byte[] length = ByteBuffer.allocate(LENGTH).putInt(event.length).array();
    return hash(length, event, primaryKey);
  }

  /** By which a store of a remote is found. */
  static byte[] progress(RemoteId remote, String store) {
    return hash(remote.toBytes(), utf8(store));
  }

  private static byte[] hash(byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (byte[] part : parts) {
        digest.update(part);
      }
      return Arrays.copyOf(digest.digest(), HASH);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  static byte[] encode(JournalEntry entry) {
    ByteBuffer out = ByteBuffer.allocate(
        Math.toIntExact(EntryId.SIZE + HASH + Long.BYTES + 3 * LENGTH + entry.bytes()));
    put(out, entry.id());
    return out.put(key(entry.event(), entry.primaryKey()))
        .putLong(entry.sequence())
        .putInt(entry.payload().length)
        .putInt(entry.event().length)
        .putInt(entry.primaryKey().length)
        .put(entry.event())
        .put(entry.primaryKey())
        .put(entry.payload())
        .array();
  }

  /** Without the id and the payload, but with the position. */
  static PlacedEntry entry(byte[] id, byte[] stored, byte[] payload) {
    ByteBuffer in = ByteBuffer.wrap(stored);
    long position = in.getLong();
    in.position(in.position() + HASH);
    long sequence = in.getLong();
    in.position(in.position() + LENGTH);
    int event = in.getInt();
    int primaryKey = in.getInt();
    return new PlacedEntry(
        position,
        new JournalEntry(
            EntryId.of(id), bytes(in, event), bytes(in, primaryKey), payload, sequence));
  }

  static byte[] encode(EntryOutcome outcome) {
    byte[] reason = orEmpty(outcome.reason());
    ByteBuffer out = ByteBuffer.allocate(
        EntryId.SIZE + STATE + Integer.BYTES + Long.BYTES + FLAG + reason.length);
    put(out, outcome.id());
    return out.put((byte) outcome.state().code())
        .putInt(outcome.attempts())
        .putLong(outcome.at())
        .put(flag(outcome.reason()))
        .put(reason)
        .array();
  }

  /** Without the id. */
  static EntryOutcome outcome(EntryId id, byte[] stored) {
    ByteBuffer in = ByteBuffer.wrap(stored);
    return new EntryOutcome(
        id, EntryOutcome.State.of(in.get()), in.getInt(), in.getLong(), reason(in));
  }

  static byte[] encode(Winner winner) {
    byte @Nullable [] merged = winner.payload();
    byte[] payload = merged == null ? new byte[0] : merged;
    byte[] policy = utf8(winner.policy());
    ByteBuffer out = ByteBuffer.allocate(HASH
        + EntryId.SIZE
        + FLAG
        + 3 * LENGTH
        + winner.event().length
        + winner.primaryKey().length
        + policy.length
        + payload.length);
    put(out.put(key(winner.event(), winner.primaryKey())), winner.id());
    return out.put(flag(merged))
        .putInt(winner.event().length)
        .putInt(winner.primaryKey().length)
        .putInt(policy.length)
        .put(winner.event())
        .put(winner.primaryKey())
        .put(policy)
        .put(payload)
        .array();
  }

  /** Without the key. */
  static Winner winner(byte[] stored) {
    ByteBuffer in = ByteBuffer.wrap(stored);
    EntryId id = new EntryId(in.getLong(), in.getLong());
    boolean merged = in.get() != 0;
    int event = in.getInt();
    int primaryKey = in.getInt();
    int policy = in.getInt();
    byte[] eventBytes = bytes(in, event);
    byte[] primaryKeyBytes = bytes(in, primaryKey);
    String policyText = text(in, policy);
    return new Winner(
        eventBytes, primaryKeyBytes, id, merged ? bytes(in, in.remaining()) : null, policyText);
  }

  static byte[] encode(RemoteProgress progress) {
    byte[] store = utf8(progress.store());
    return ByteBuffer.allocate(HASH + 3 * Long.BYTES + Integer.BYTES + 16 + store.length)
        .put(progress(progress.remote(), progress.store()))
        .putLong(progress.uploaded())
        .putLong(progress.next())
        .putLong(progress.begun())
        .putInt(progress.attempt())
        .put(progress.remote().toBytes())
        .put(store)
        .array();
  }

  /** Without the hash. */
  static RemoteProgress progress(byte[] stored) {
    ByteBuffer in = ByteBuffer.wrap(stored);
    long uploaded = in.getLong();
    long next = in.getLong();
    long begun = in.getLong();
    int attempt = in.getInt();
    RemoteId remote = new RemoteId(in.getLong(), in.getLong());
    return new RemoteProgress(remote, text(in, in.remaining()), next, begun, attempt, uploaded);
  }

  static byte[] encode(UploadMark mark) {
    byte[] reason = orEmpty(mark.reason());
    return ByteBuffer.allocate(HASH + Long.BYTES + STATE + FLAG + reason.length)
        .put(progress(mark.remote(), mark.store()))
        .putLong(mark.position())
        .put((byte) mark.state().code())
        .put(flag(mark.reason()))
        .put(reason)
        .array();
  }

  /** As far as the position: what a mark is found by. */
  static byte[] place(UploadMark mark) {
    return ByteBuffer.allocate(HASH + Long.BYTES)
        .put(progress(mark.remote(), mark.store()))
        .putLong(mark.position())
        .array();
  }

  /** A mark's state and reason. */
  static UploadMark mark(RemoteId remote, String store, byte[] position, byte[] stored) {
    ByteBuffer in = ByteBuffer.wrap(stored);
    return new UploadMark(
        remote, store, number(position), UploadMark.State.of(in.get()), reason(in));
  }

  static long number(byte[] bytes) {
    return ByteBuffer.wrap(bytes).getLong();
  }

  static byte[] bytes(long number) {
    return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
  }

  private static void put(ByteBuffer out, EntryId id) {
    out.putLong(id.high()).putLong(id.low());
  }

  private static byte flag(@Nullable Object value) {
    return (byte) (value == null ? 0 : 1);
  }

  private static byte[] orEmpty(@Nullable String text) {
    return text == null ? new byte[0] : utf8(text);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static @Nullable String reason(ByteBuffer in) {
    return in.get() == 0 ? null : text(in, in.remaining());
  }

  private static String text(ByteBuffer in, int length) {
    return new String(bytes(in, length), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(ByteBuffer in, int length) {
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }
}
