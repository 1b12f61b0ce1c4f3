package io.tributary.client.eventlog;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.client.eventlog.World.Note;
import io.tributary.core.crypto.Identity;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.EntryOutcome.State;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.storage.Storages;
import io.tributary.storage.contract.OpenStorage;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On the storage of an embedded replica, and on Vert.x. */
class FileEventLogTest {
  @TempDir
  Path dir;

  private final EntryIdGenerator foreign = new EntryIdGenerator(InstantSource.system());
  private final List<String> handled = new ArrayList<>();
  private OpenFile file;

  private static final class OpenFile extends OpenStorage {
    OpenFile(Path dir) {
      super(Storages.find("file"), new JsonObject().put("dir", dir.toString()));
    }
  }

  @AfterEach
  void close() {
    if (file != null) {
      file.close();
    }
  }

  private EventLog open() {
    file = new OpenFile(dir);
    EventLogOptions options = EventLogOptions.builder(Identity.random())
        .group(World.NOTES)
        .group(World.LINES)
        .handle(World.NOTE, (payload, entry, conflicts) -> {
          handled.add(payload.text());
          return payload.text().equals("bad")
              ? Future.failedFuture(new IllegalStateException("bad"))
              : Future.succeededFuture("did " + payload.text());
        })
        .build();
    return OpenStorage.await(
        EventLog.open(file.vertx, EventJournal.open(file.storage, "main"), options));
  }

  private <T> T on(EventLog log, java.util.function.Supplier<Future<T>> call) {
    Promise<T> promise = Promise.promise();
    log.runner().execute(() -> call.get().onComplete(promise));
    return OpenStorage.await(promise.future());
  }

  @Test
  void writesReceivesAndGoesOnAfterARestart() {
    EventLog log = open();
    List<Future<Written>> writes = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      writes.add(log.write(World.NOTE, new Note("k" + i % 10, "n" + i)));
    }
    for (int i = 0; i < 500; i++) {
      Written written = OpenStorage.await(writes.get(i));
      assertThat(written.position()).isEqualTo(i + 1);
      assertThat(written.result()).isEqualTo("did n" + i);
    }
    List<Arrival> arrivals = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      Entry entry = World.entry(foreign.next(), "f" + i % 20, i == 7 ? "bad" : "f" + i);
      arrivals.add(new Arrival(i + 1, entry));
    }
    List<Long> positions =
        on(log, () -> log.syncAccess().receive(World.HUB, World.STORE, arrivals, 601));
    assertThat(positions).hasSize(600).startsWith(501L).endsWith(1_100L).isSorted();
    assertThat(handled).hasSize(1_100);
    OpenStorage.await(log.close());
    file.close();

    EventLog again = open();
    assertThat(on(again, () -> again.syncAccess().progress(World.HUB, World.STORE))
            .next())
        .isEqualTo(601);
    assertThat(on(again, () -> Future.succeededFuture(again.syncAccess().lastPosition())))
        .isEqualTo(1_100);
    assertThat(on(again, () -> again.syncAccess().receive(World.HUB, World.STORE, arrivals, 601)))
        .isEqualTo(positions);
    assertThat(handled).hasSize(1_100);
    List<EntryOutcome> failed = OpenStorage.await(again.failed(Optional.empty(), 10));
    assertThat(failed)
        .extracting(EntryOutcome::id)
        .containsExactly(arrivals.get(7).entry().id());
    // Another one stands by now.
    assertThat(OpenStorage.await(again.retry(failed.get(0).id())).orElseThrow().state())
        .isEqualTo(State.SUPERSEDED);
    assertThat(
            OpenStorage.await(again.write(World.NOTE, new Note("k1", "more"))).position())
        .isEqualTo(1_101);
    OpenStorage.await(again.destroy());
  }

  @Test
  void answersOnTheCallersContext() {
    EventLog log = open();
    Vertx vertx = file.vertx;
    Context caller = vertx.getOrCreateContext();
    Promise<Boolean> same = Promise.promise();
    caller.runOnContext(nothing -> log.write(World.NOTE, new Note("a", "x"))
        .compose(written -> {
          boolean here = Vertx.currentContext() == caller;
          return log.entry(written.id()).map(entry -> here && Vertx.currentContext() == caller);
        })
        .onComplete(same));
    assertThat(OpenStorage.await(same.future())).isTrue();
    assertThat(log.runner()).isNotEqualTo(Runner.of(vertx, caller));
    OpenStorage.await(log.close());
  }
}
