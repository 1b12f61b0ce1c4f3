package io.tributary.storage.postgres;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Tuple;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A commit as arrays, one per column, as the function {@code commit_journal} takes them: without what
 * something later in the same list takes the place of.
 */
final class JournalColumns {
  /** Of a commit, on top of its bytes. */
  private static final int ITEM_BYTES = 64;

  private record Placed(Buffer hash, long position) {}

  private final Map<EntryId, Integer> places = new LinkedHashMap<>();
  private final List<JournalEntry> entries = new ArrayList<>();
  private final int[] placeOf;
  private final Tuple columns = Tuple.tuple();
  private long bytes;

  JournalColumns(JournalCommit changes) {
    placeOf = new int[changes.entries().size()];
    addEntries(changes);
    addOutcomes(changes.outcomes());
    addWinners(changes.winners());
    addProgress(changes.progress());
    addMarks(changes.marks());
    addUnmarked(changes.unmarked());
  }

  /** Adds all columns, in the order of the function's parameters. */
  void addTo(Tuple parameters) {
    for (int i = 0; i < columns.size(); i++) {
      parameters.addValue(columns.getValue(i));
    }
  }

  /** About how much is sent. */
  long bytes() {
    return bytes;
  }

  /** The positions of the commit's entries by those of the columns'. */
  List<Long> positions(Long[] answer) {
    List<Long> positions = new ArrayList<>(placeOf.length);
    for (int place : placeOf) {
      positions.add(answer[place]);
    }
    return positions;
  }

  static UUID uuid(RemoteId id) {
    return new UUID(id.high(), id.low());
  }

  static Buffer text(String text) {
    return Buffer.buffer(text.getBytes(StandardCharsets.UTF_8));
  }

  /** By which an event and primary key are found. */
  static Buffer key(byte[] event, byte[] primaryKey) {
    MessageDigest digest = sha256();
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, event.length));
    digest.update(event);
    return Buffer.buffer(digest.digest(primaryKey));
  }

  /** By which a store of a remote is found. */
  static Buffer progress(RemoteId remote, String store) {
    MessageDigest digest = sha256();
    digest.update(remote.toBytes());
    return Buffer.buffer(digest.digest(store.getBytes(StandardCharsets.UTF_8)));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void addEntries(JournalCommit changes) {
    for (int i = 0; i < placeOf.length; i++) {
      JournalEntry entry = changes.entries().get(i);
      @Nullable Integer before = places.putIfAbsent(entry.id(), entries.size());
      placeOf[i] = before == null ? entries.size() : before;
      if (before == null) {
        entries.add(entry);
        bytes += (long) entry.event().length + entry.primaryKey().length + entry.payload().length;
      }
    }
    add(changes.removed(), EntryId::toUuid, UUID[]::new);
    add(entries, entry -> entry.id().toUuid(), UUID[]::new);
    add(entries, JournalEntry::sequence, Long[]::new);
    add(entries, entry -> Buffer.buffer(entry.event()), Buffer[]::new);
    add(entries, entry -> Buffer.buffer(entry.primaryKey()), Buffer[]::new);
    add(entries, entry -> Buffer.buffer(entry.payload()), Buffer[]::new);
  }

  private void addOutcomes(List<EntryOutcome> all) {
    Map<EntryId, EntryOutcome> last = new LinkedHashMap<>();
    for (EntryOutcome outcome : all) {
      last.merge(
          outcome.id(),
          outcome,
          (before, after) -> before.state() == EntryOutcome.State.REMOVED ? before : after);
    }
    Collection<EntryOutcome> outcomes = last.values();
    add(outcomes, outcome -> outcome.id().toUuid(), UUID[]::new);
    add(outcomes, outcome -> (short) outcome.state().code(), Short[]::new);
    add(outcomes, EntryOutcome::attempts, Integer[]::new);
    add(outcomes, EntryOutcome::at, Long[]::new);
    add(outcomes, outcome -> reason(outcome.reason()), Buffer[]::new);
  }

  private void addWinners(List<Winner> all) {
    Map<Buffer, Winner> last = new LinkedHashMap<>();
    for (Winner winner : all) {
      last.put(key(winner.event(), winner.primaryKey()), winner);
      byte @Nullable [] payload = winner.payload();
      bytes += (long) winner.event().length
          + winner.primaryKey().length
          + (payload == null ? 0 : payload.length);
    }
    Collection<Winner> winners = last.values();
    add(last.keySet(), hash -> hash, Buffer[]::new);
    add(winners, winner -> Buffer.buffer(winner.event()), Buffer[]::new);
    add(winners, winner -> Buffer.buffer(winner.primaryKey()), Buffer[]::new);
    add(winners, winner -> winner.id().toUuid(), UUID[]::new);
    add(winners, winner -> orNull(winner.payload()), Buffer[]::new);
    add(winners, winner -> text(winner.policy()), Buffer[]::new);
  }

  private void addProgress(List<RemoteProgress> all) {
    Map<Buffer, RemoteProgress> last = new LinkedHashMap<>();
    Map<Buffer, Long> drop = new LinkedHashMap<>();
    for (RemoteProgress progress : all) {
      Buffer hash = progress(progress.remote(), progress.store());
      last.put(hash, progress);
      drop.merge(hash, progress.uploaded(), Math::max);
    }
    Collection<RemoteProgress> some = last.values();
    add(last.keySet(), hash -> hash, Buffer[]::new);
    add(some, progress -> uuid(progress.remote()), UUID[]::new);
    add(some, progress -> text(progress.store()), Buffer[]::new);
    add(some, RemoteProgress::next, Long[]::new);
    add(some, RemoteProgress::begun, Long[]::new);
    add(some, RemoteProgress::attempt, Integer[]::new);
    add(some, RemoteProgress::uploaded, Long[]::new);
    add(drop.values(), position -> position, Long[]::new);
  }

  private void addMarks(List<UploadMark> all) {
    Map<Placed, UploadMark> last = new LinkedHashMap<>();
    for (UploadMark mark : all) {
      last.put(placed(mark), mark);
    }
    add(last.keySet(), Placed::hash, Buffer[]::new);
    add(last.keySet(), Placed::position, Long[]::new);
    add(last.values(), mark -> (short) mark.state().code(), Short[]::new);
    add(last.values(), mark -> reason(mark.reason()), Buffer[]::new);
  }

  private void addUnmarked(List<UploadMark> all) {
    List<Placed> some = all.stream().map(JournalColumns::placed).toList();
    add(some, Placed::hash, Buffer[]::new);
    add(some, Placed::position, Long[]::new);
  }

  private static Placed placed(UploadMark mark) {
    return new Placed(progress(mark.remote(), mark.store()), mark.position());
  }

  private static @Nullable Buffer reason(@Nullable String reason) {
    return reason == null ? null : text(reason);
  }

  private static @Nullable Buffer orNull(byte @Nullable [] bytes) {
    return bytes == null ? null : Buffer.buffer(bytes);
  }

  private <T, V> void add(
      Collection<T> items, Function<T, @Nullable V> value, IntFunction<V[]> array) {
    V[] column = array.apply(items.size());
    int at = 0;
    for (T item : items) {
      column[at++] = value.apply(item);
    }
    bytes += (long) items.size() * ITEM_BYTES;
    columns.addValue(column);
  }
}
