package io.tributary.storage.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.journal.Winner;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.tributary.storage.JournalStore;
import io.tributary.storage.contract.StorageFixture.Survives;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Makes random calls of the journal face, and ends the storage now and then, beside the model. */
final class RandomJournalCalls {
  private static final int CALLS = 150;

  private final JournalCalls contract;
  private final long seed;
  private final Random random;
  private final List<String> names =
      List.of(JournalCalls.newJournal(), JournalCalls.newJournal(), JournalCalls.newJournal());
  private final Map<String, JournalModel> models = new HashMap<>();
  private final List<EntryId> ids = new ArrayList<>();
  private final List<byte[]> texts = List.of(
      new byte[0], new byte[] {0}, new byte[] {0, 0}, JournalCalls.utf8("k"), new byte[] {-1, 'k'});
  private final List<RemoteId> remotes = List.of(new RemoteId(0, 0), new RemoteId(-1, 7));
  private final List<String> stores = List.of("", "main\0");
  private final List<String> calls = new ArrayList<>();

  RandomJournalCalls(JournalCalls contract, long seed) {
    this.contract = contract;
    this.seed = seed;
    this.random = new Random(seed);
    for (int i = 0; i < 30; i++) {
      ids.add(EntryId.of(new UUID(random.nextLong(), random.nextLong())));
    }
  }

  void run() throws Exception {
    try {
      for (int i = 0; i < CALLS; i++) {
        call(any(names));
      }
      for (String name : names) {
        everything(name);
      }
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(
          "replay with -Dseed=" + seed + "\n" + String.join("\n", calls) + "\n" + e.getMessage(),
          e);
    }
  }

  private JournalStore journals() {
    return contract.journals();
  }

  private JournalModel model(String name) {
    return models.getOrDefault(name, new JournalModel());
  }

  private void call(String name) throws Exception {
    int what = random.nextInt(100);
    JournalModel model = model(name);
    if (what < 50) {
      commit(name);
    } else if (what < 60) {
      entries(name, anyPosition(model), anyMax(), anyBytes());
    } else if (what < 70) {
      pending(name, any(remotes), any(stores), anyPosition(model), anyMax(), anyBytes());
    } else if (what < 76) {
      sameKey(name, any(texts), any(texts), anyId(), anyMax());
    } else if (what < 82) {
      outcomes(
          name,
          random.nextBoolean() ? Optional.empty() : Optional.of(anyState()),
          anyId(),
          anyMax());
    } else if (what < 88) {
      marks(
          name,
          any(remotes),
          any(stores),
          any(List.of(UploadMark.State.values())),
          anyPosition(model),
          anyMax());
    } else if (what < 92) {
      known(name);
    } else if (what < 94) {
      everything(name);
    } else if (what < 96) {
      calls.add("destroy " + name);
      JournalCalls.await(journals().destroy(name));
      models.remove(name);
    } else if (contract.survives(Survives.CRASH) && random.nextBoolean()) {
      calls.add("crash");
      contract.crash();
    } else if (contract.survives(Survives.CLOSE)) {
      calls.add("reopen");
      contract.reopen();
    }
  }

  private void everything(String name) {
    int all = Integer.MAX_VALUE;
    known(name);
    entries(name, 0, all, Long.MAX_VALUE);
    outcomes(name, Optional.empty(), Optional.empty(), all);
    for (EntryOutcome.State state : EntryOutcome.State.values()) {
      outcomes(name, Optional.of(state), Optional.empty(), all);
    }
    for (byte[] event : texts) {
      for (byte[] primaryKey : texts) {
        sameKey(name, event, primaryKey, Optional.empty(), all);
        assertThat(
                JournalCalls.await(journals().winner(name, event, primaryKey)).map(Shown::of))
            .isEqualTo(model(name).winner(event, primaryKey).map(Shown::of));
      }
    }
    for (RemoteId remote : remotes) {
      for (String store : stores) {
        pending(name, remote, store, 0, all, Long.MAX_VALUE);
        for (UploadMark.State state : UploadMark.State.values()) {
          marks(name, remote, store, state, 0, all);
        }
        assertThat(JournalCalls.await(journals().progress(name, remote, store)))
            .isEqualTo(model(name).progress(remote, store));
      }
    }
    assertThat(JournalCalls.await(journals().progress(name)))
        .containsExactlyInAnyOrderElementsOf(model(name).progress());
    assertThat(contract.isListed(name)).isEqualTo(models.containsKey(name));
  }

  private void commit(String name) {
    JournalModel model = model(name);
    Changes changes = new Changes();
    for (int i = some(3); i > 0; i--) {
      changes.remove(any(ids));
    }
    for (int i = random.nextInt(6); i > 0; i--) {
      changes.insert(new JournalEntry(
          any(ids), any(texts), any(texts), bytes(40), random.nextInt(3) * (1L << 40)));
    }
    for (int i = some(5); i > 0; i--) {
      changes.outcome(new EntryOutcome(
          any(ids), anyState(), random.nextInt(5), random.nextLong(1L << 53), textOrNull()));
    }
    for (int i = some(3); i > 0; i--) {
      changes.winner(new Winner(
          any(texts),
          any(texts),
          any(ids),
          random.nextBoolean() ? null : bytes(3),
          "policy\0" + random.nextInt(3)));
    }
    for (int i = some(2); i > 0; i--) {
      changes.progress(new RemoteProgress(
          any(remotes),
          any(stores),
          1 + random.nextInt(100),
          random.nextInt(100),
          random.nextInt(4),
          Math.max(0, anyPosition(model))));
    }
    for (int i = some(4); i > 0; i--) {
      changes.mark(mark(model));
    }
    for (int i = some(3); i > 0; i--) {
      changes.unmark(mark(model));
    }
    JournalCommit commit = changes.commit();
    List<Long> positions = contract.commit(name, changes);
    calls.add("commit to " + name + ": " + commit + " -> " + positions);
    model.commit(commit, positions);
    if (!commit.isEmpty()) {
      models.put(name, model);
    }
  }

  /** Often none. */
  private int some(int bound) {
    return random.nextInt(3) == 0 ? random.nextInt(bound) : 0;
  }

  private UploadMark mark(JournalModel model) {
    return new UploadMark(
        any(remotes),
        any(stores),
        Math.max(1, anyPosition(model)),
        any(List.of(UploadMark.State.values())),
        textOrNull());
  }

  private @Nullable String textOrNull() {
    return random.nextBoolean() ? null : "\0text".substring(random.nextInt(6));
  }

  private byte[] bytes(int bound) {
    byte[] bytes = new byte[random.nextInt(bound)];
    random.nextBytes(bytes);
    return bytes;
  }

  private <T> T any(List<T> some) {
    return some.get(random.nextInt(some.size()));
  }

  private EntryOutcome.State anyState() {
    return any(List.of(EntryOutcome.State.values()));
  }

  private Optional<EntryId> anyId() {
    return random.nextBoolean() ? Optional.empty() : Optional.of(any(ids));
  }

  private long anyPosition(JournalModel model) {
    return random.nextLong(-1, model.last() + 3);
  }

  private int anyMax() {
    return random.nextBoolean() ? Integer.MAX_VALUE : 1 + random.nextInt(4);
  }

  private long anyBytes() {
    return random.nextBoolean() ? Long.MAX_VALUE : random.nextInt(100);
  }

  private void known(String name) {
    calls.add("known to " + name);
    assertThat(contract.known(name, ids)).isEqualTo(model(name).known(ids));
    EntryId id = any(ids);
    assertThat(JournalCalls.await(journals().entry(name, id)).map(Shown::of))
        .isEqualTo(model(name).entry(id).map(Shown::of));
  }

  private void entries(String name, long after, int max, long maxBytes) {
    calls.add("entries of " + name + " after " + after + ", " + max + " in " + maxBytes);
    assertThat(
            JournalCalls.shown(JournalCalls.await(journals().entries(name, after, max, maxBytes))))
        .isEqualTo(JournalCalls.shown(model(name).entries(after, max, maxBytes)));
  }

  private void pending(
      String name, RemoteId remote, String store, long after, int max, long maxBytes) {
    calls.add("pending of " + name + " for " + remote + " " + store + " after " + after + ", " + max
        + " in " + maxBytes);
    assertThat(JournalCalls.shown(
            JournalCalls.await(journals().pending(name, remote, store, after, max, maxBytes))))
        .isEqualTo(JournalCalls.shown(model(name).pending(remote, store, after, max, maxBytes)));
  }

  private void sameKey(
      String name, byte[] event, byte[] primaryKey, Optional<EntryId> above, int max) {
    calls.add("same key in " + name + " " + Shown.of(event) + Shown.of(primaryKey) + " above "
        + above + ", " + max);
    assertThat(JournalCalls.shown(
            JournalCalls.await(journals().sameKey(name, event, primaryKey, above, max))))
        .isEqualTo(JournalCalls.shown(model(name).sameKey(event, primaryKey, above, max)));
  }

  private void outcomes(
      String name, Optional<EntryOutcome.State> state, Optional<EntryId> after, int max) {
    calls.add("outcomes in " + name + " " + state + " after " + after + ", " + max);
    assertThat(JournalCalls.await(journals().outcomes(name, state, after, max)))
        .isEqualTo(model(name).outcomes(state, after, max));
  }

  private void marks(
      String name, RemoteId remote, String store, UploadMark.State state, long after, int max) {
    calls.add("marks in " + name + " for " + remote + " " + store + " " + state + " after " + after
        + ", " + max);
    assertThat(JournalCalls.await(journals().marks(name, remote, store, state, after, max)))
        .isEqualTo(model(name).marks(remote, store, state, after, max));
  }
}
