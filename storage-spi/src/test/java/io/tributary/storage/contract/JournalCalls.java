package io.tributary.storage.contract;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.tributary.storage.JournalStore;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The calls of the journal face as the tests write them. */
abstract class JournalCalls extends ContractBase {
  static final RemoteId REMOTE = new RemoteId(1, 2);

  /** A journal nobody has written to. */
  static String newJournal() {
    return "kit-" + UUID.randomUUID();
  }

  final JournalStore journals() {
    return storage().journals();
  }

  static byte[] utf8(String text) {
    return text.getBytes(UTF_8);
  }

  static JournalEntry entry(EntryId id) {
    return entry(id, "event", "key");
  }

  static JournalEntry entry(EntryId id, String event, String primaryKey) {
    return new JournalEntry(id, utf8(event), utf8(primaryKey), id.toBytes(), 0);
  }

  static JournalEntry[] entries(List<EntryId> ids) {
    return ids.stream().map(JournalCalls::entry).toArray(JournalEntry[]::new);
  }

  static EntryOutcome outcome(EntryId id, EntryOutcome.State state) {
    return new EntryOutcome(id, state, 1, 1_790_000_000_000L, null);
  }

  static UploadMark mark(RemoteId remote, String store, long position, UploadMark.State state) {
    return new UploadMark(
        remote, store, position, state, state == UploadMark.State.REFUSED ? "why" : null);
  }

  @CanIgnoreReturnValue
  List<Long> commit(String journal, Changes changes) {
    return await(submit(journal, changes));
  }

  Future<List<Long>> submit(String journal, Changes changes) {
    return journals().commit(journal, changes.commit(), Optional.empty());
  }

  @CanIgnoreReturnValue
  List<Long> insert(String journal, JournalEntry... entries) {
    return commit(journal, new Changes().insert(entries));
  }

  Map<EntryId, KnownEntry> known(String journal, List<EntryId> ids) {
    return await(journals().known(journal, ids));
  }

  @Nullable
  KnownEntry known(String journal, EntryId id) {
    return known(journal, List.of(id)).get(id);
  }

  List<PlacedEntry> all(String journal) {
    return await(journals().entries(journal, 0, Integer.MAX_VALUE, Long.MAX_VALUE));
  }

  List<EntryId> ids(String journal) {
    return ids(all(journal));
  }

  static List<EntryId> ids(List<PlacedEntry> some) {
    return some.stream().map(placed -> placed.entry().id()).toList();
  }

  static List<String> shown(List<PlacedEntry> some) {
    return some.stream().map(Shown::of).toList();
  }

  List<PlacedEntry> sameKey(String journal, String event, String primaryKey) {
    return await(journals()
        .sameKey(journal, utf8(event), utf8(primaryKey), Optional.empty(), Integer.MAX_VALUE));
  }

  List<EntryId> pending(String journal, RemoteId remote, String store) {
    return ids(
        await(journals().pending(journal, remote, store, 0, Integer.MAX_VALUE, Long.MAX_VALUE)));
  }

  List<UploadMark> marks(String journal, RemoteId remote, String store) {
    List<UploadMark> all = new ArrayList<>();
    for (UploadMark.State state : UploadMark.State.values()) {
      all.addAll(await(journals().marks(journal, remote, store, state, 0, Integer.MAX_VALUE)));
    }
    return all;
  }

  List<EntryOutcome> outcomes(String journal) {
    return await(
        journals().outcomes(journal, Optional.empty(), Optional.empty(), Integer.MAX_VALUE));
  }

  List<EntryOutcome> outcomes(String journal, EntryOutcome.State state) {
    return await(
        journals().outcomes(journal, Optional.of(state), Optional.empty(), Integer.MAX_VALUE));
  }

  /** Whether it is listed, whatever else is there. */
  boolean isListed(String journal) {
    String before = journal.substring(0, journal.length() - 1);
    List<String> next = await(journals().journals(Optional.of(before), 1));
    return next.equals(List.of(journal));
  }

  /** What ends a storage. */
  interface End {
    void happen() throws Exception;
  }
}
