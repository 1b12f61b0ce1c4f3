package io.tributary.client.stores.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.client.audit.AuditSink;
import io.tributary.client.stores.Bed;
import io.tributary.client.stores.StoreException;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.view.Place;
import io.vertx.core.Handler;
import io.vertx.core.json.JsonObject;
import io.vertx.core.streams.ReadStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ChatRecorderTest {
  private static final ChatRecorder.Options STRICT = new ChatRecorder.Options(true, true, true);

  private final Bed bed = Bed.memory();
  private final ChatHistoryStore store = ChatHistoryStore.plain(
      new Place(bed.space("chat"), bed.clock(), AuditSink.NONE),
      new StoresOptions.Chat(true, 100_000, Duration.ofDays(1), 100),
      Optional.empty());
  private final Source source = new Source();
  private final List<Object> got = new ArrayList<>();

  /** A stream that gives what it is asked for, and counts that. */
  private static final class Source implements ReadStream<JsonObject> {
    private final ArrayDeque<JsonObject> messages = new ArrayDeque<>();
    private @Nullable Handler<JsonObject> handler;
    private @Nullable Handler<Void> endHandler;
    private @Nullable Handler<Throwable> exceptionHandler;
    private long demand = Long.MAX_VALUE;
    private long given;
    private boolean endless;
    private boolean ended;

    @Override
    public Source exceptionHandler(@Nullable Handler<Throwable> handler) {
      exceptionHandler = handler;
      return this;
    }

    @Override
    public Source handler(@Nullable Handler<JsonObject> handler) {
      this.handler = handler;
      give();
      return this;
    }

    @Override
    public Source endHandler(@Nullable Handler<Void> handler) {
      endHandler = handler;
      return this;
    }

    @Override
    public Source pause() {
      demand = 0;
      return this;
    }

    @Override
    public Source resume() {
      return fetch(Long.MAX_VALUE);
    }

    @Override
    public Source fetch(long amount) {
      demand = demand + amount < 0 ? Long.MAX_VALUE : demand + amount;
      give();
      return this;
    }

    private void give() {
      while (handler != null && demand > 0 && !messages.isEmpty()) {
        demand--;
        given++;
        handler.handle(messages.remove());
      }
      if (handler != null && messages.isEmpty() && !endless && !ended) {
        ended = true;
        if (endHandler != null) {
          endHandler.handle(null);
        }
      }
    }

    void fail(Throwable cause) {
      if (exceptionHandler != null) {
        exceptionHandler.handle(cause);
      }
    }
  }

  private static JsonObject message(int number) {
    return new JsonObject().put("n", number);
  }

  private ReadStream<JsonObject> read(ReadStream<JsonObject> stream) {
    stream.exceptionHandler(cause -> got.add(cause));
    stream.endHandler(nothing -> got.add("end"));
    return stream;
  }

  private List<String> stored() {
    return bed.await(store.list("s", ChatQuery.FIRST)).stream()
        .map(event -> event.source().word() + event.message().getInteger("n"))
        .toList();
  }

  @Test
  void recordsOutputAndNoInputUnlessToldTo() {
    ChatRecorder recorder = new ChatRecorder(store, ChatRecorder.Options.DEFAULTS);
    bed.await(recorder.input("s", message(1)));
    bed.await(recorder.output("s", message(2)));
    assertThat(recorder.inputs("s", source)).isSameAs(source);
    assertThat(stored()).containsExactly("sdk2");
    ChatRecorder both = new ChatRecorder(store, new ChatRecorder.Options(false, true, false));
    bed.await(both.input("s", message(3)));
    bed.await(both.output("s", message(4)));
    assertThat(both.outputs("s", source)).isSameAs(source);
    assertThat(stored()).containsExactly("sdk2", "external3");
  }

  @Test
  void passesMessagesOnInOrderAfterTheyWereRecorded() {
    for (int i = 0; i < 50; i++) {
      source.messages.add(message(i));
    }
    List<String> storedThen = new ArrayList<>();
    read(new ChatRecorder(store, ChatRecorder.Options.DEFAULTS).outputs("s", source))
        .handler(message -> {
          got.add(message.getInteger("n"));
          // It is there already.
          store
              .list("s", ChatQuery.LAST.limit(1))
              .onSuccess(last -> storedThen.add("" + last.get(0).message().getInteger("n")));
        });
    bed.await(store.list("none", ChatQuery.FIRST));
    assertThat(got).hasSize(51).startsWith(0, 1, 2).endsWith(49, "end");
    assertThat(storedThen).hasSize(50);
    assertThat(stored()).hasSize(50).startsWith("sdk0", "sdk1").endsWith("sdk49");
  }

  @Test
  void asksForNoMoreThanIsWanted() {
    source.endless = true;
    for (int i = 0; i < 50; i++) {
      source.messages.add(message(i));
    }
    ReadStream<JsonObject> stream =
        read(new ChatRecorder(store, STRICT).inputs("s", source)).pause();
    stream.handler(message -> got.add(message.getInteger("n")));
    bed.await(store.list("s", ChatQuery.FIRST));
    assertThat(source.given).isZero();
    stream.fetch(2);
    bed.await(store.list("s", ChatQuery.FIRST));
    assertThat(got).containsExactly(0, 1);
    assertThat(source.given).isEqualTo(2);
    // What is under way when it is paused waits.
    stream.fetch(3);
    stream.pause();
    bed.await(store.list("s", ChatQuery.FIRST));
    assertThat(got).containsExactly(0, 1);
    assertThat(source.given).isEqualTo(3);
    assertThat(stored()).containsExactly("external0", "external1", "external2");
    stream.resume();
    bed.await(store.list("s", ChatQuery.FIRST));
    assertThat(got).hasSize(50);
    assertThatThrownBy(() -> stream.fetch(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void pausesWithinAHandler() {
    for (int i = 0; i < 4; i++) {
      source.messages.add(message(i));
    }
    ReadStream<JsonObject> stream =
        read(new ChatRecorder(store, ChatRecorder.Options.DEFAULTS).outputs("s", source));
    stream.handler(message -> {
      got.add(message.getInteger("n"));
      stream.pause();
    });
    for (int i = 0; i < 4; i++) {
      bed.await(store.list("s", ChatQuery.FIRST));
      // The end needs no demand.
      assertThat(got).hasSize(i == 3 ? 5 : i + 1);
      stream.fetch(1);
    }
    assertThat(got).containsExactly(0, 1, 2, 3, "end");
  }

  @Test
  void tellsOfTheSourcesTroubleAfterWhatCameBefore() {
    source.endless = true;
    source.messages.add(message(0));
    read(new ChatRecorder(store, ChatRecorder.Options.DEFAULTS).outputs("s", source))
        .handler(message -> got.add(message.getInteger("n")));
    IllegalStateException trouble = new IllegalStateException("lost");
    source.fail(trouble);
    assertThat(got).isEmpty();
    bed.await(store.list("s", ChatQuery.FIRST));
    assertThat(got).containsExactly(0, trouble);
  }

  @Test
  void whatCantBeRecordedHindersNobody() {
    bed.await(store.close());
    ChatRecorder recorder = new ChatRecorder(store, ChatRecorder.Options.DEFAULTS);
    bed.await(recorder.output("s", message(0)));
    for (int i = 0; i < 3; i++) {
      source.messages.add(message(i));
    }
    read(recorder.outputs("s", source)).handler(message -> got.add(message.getInteger("n")));
    bed.await(recorder.output("s", message(9)));
    assertThat(got).containsExactly(0, 1, 2, "end");
  }

  @Test
  void whatCantBeRecordedIsAFailureIfThatIsWanted() {
    bed.await(store.close());
    ChatRecorder recorder = new ChatRecorder(store, STRICT);
    assertThat(bed.failure(recorder.output("s", message(0)))).isInstanceOf(StoreException.class);
    for (int i = 0; i < 3; i++) {
      source.messages.add(message(i));
    }
    read(recorder.outputs("s", source)).handler(message -> got.add(message.getInteger("n")));
    assertThat(bed.failure(recorder.input("s", message(9)))).isInstanceOf(StoreException.class);
    assertThat(got).hasSize(1).first().isInstanceOf(StoreException.class);
    assertThat(source.given).isEqualTo(1);
  }

  @Test
  void refusesNamesThatAreNone() {
    ChatRecorder recorder = new ChatRecorder(store, ChatRecorder.Options.DEFAULTS);
    assertThatThrownBy(() -> recorder.output("", message(0)).mapEmpty())
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> recorder.inputs("", source))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
