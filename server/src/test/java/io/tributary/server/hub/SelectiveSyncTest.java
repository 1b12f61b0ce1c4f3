package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.client.audit.AuditSink;
import io.tributary.client.eventlog.EventJournal;
import io.tributary.client.eventlog.EventLog;
import io.tributary.client.eventlog.EventLogOptions;
import io.tributary.client.eventlog.Redaction;
import io.tributary.client.sync.Connector;
import io.tributary.client.sync.Link;
import io.tributary.client.sync.LinkListener;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.client.sync.SyncService;
import io.tributary.core.crypto.Identity;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Storage;
import io.tributary.storage.StoreRegistry;
import io.tributary.storage.memory.MemoryStorageProvider;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is not to leave a replica, looked for in all that it sends, in the clear. */
@Timeout(60)
class SelectiveSyncTest {
  private static final StoreKey.Plain STORE = new StoreKey.Plain("t", "shared");
  private static final EventDefinition<JsonObject> SAID = event("said");
  private static final EventDefinition<JsonObject> SECRET = event("secret");
  private static final EventDefinition<JsonObject> MASKED = event("masked");
  private static final EventGroup OPEN = EventGroup.named("open").event(SAID).build();
  private static final EventGroup KEPT = EventGroup.named("kept").event(SECRET).build();
  private static final EventGroup HALF = EventGroup.named("half").event(MASKED).build();

  private Vertx vertx;
  private TestHub hub;
  private Storage storage;
  private SyncService sync;

  private static EventDefinition<JsonObject> event(String tag) {
    return EventDefinition.of(tag, PayloadCodec.json(), payload -> payload.getString("id"));
  }

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
    hub = TestHub.start();
    storage = TestHub.get(new MemoryStorageProvider().open(vertx, new JsonObject()));
  }

  @AfterEach
  void close() {
    try {
      Void unused = TestHub.get(sync.close());
      hub.close();
    } finally {
      Void unused = TestHub.get(vertx.close());
    }
  }

  private EventLog log(String name, String publicKey) {
    TestHub.get(hub.hub()
        .runtime()
        .registry()
        .assign(
            new StoreRegistry.Mapping(
                STORE.tenant(), publicKey, StoreRegistry.DEFAULT_STORE, STORE.storeId()),
            true));
    Redaction masking = entry -> Optional.of(PayloadCodec.json()
        .encode(
            PayloadCodec.json().decode(entry.payload()).copy().put("text", "masked-by-redaction")));
    return TestHub.get(EventLog.open(
        vertx,
        EventJournal.open(storage, name),
        EventLogOptions.builder(new Identity(publicKey, new byte[32]))
            .name(name)
            .group(OPEN)
            .group(KEPT)
            .group(HALF)
            .redact(KEPT, Redaction.dropAll())
            .redact(HALF, masking)
            .build()));
  }

  private static void write(EventLog log, EventDefinition<JsonObject> event, String text) {
    var unused = TestHub.get(
        log.write(event, new JsonObject().put("id", "id-of-" + text).put("text", text)));
  }

  /** Remembers every byte that is sent. */
  private static final class Recorder implements Connector {
    private final Connector hub;
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();

    /** One character for each byte. */
    String sent() {
      return sent.toString(StandardCharsets.ISO_8859_1);
    }

    Recorder(Connector hub) {
      this.hub = hub;
    }

    @Override
    public String url() {
      return hub.url();
    }

    @Override
    public void connect(LinkListener listener) {
      hub.connect(new LinkListener() {
        @Override
        public void opened(Link link) {
          listener.opened(new Link() {
            @Override
            public void send(byte[] frame) {
              sent.writeBytes(frame);
              link.send(frame);
            }

            @Override
            public boolean isFull() {
              return link.isFull();
            }

            @Override
            public void pause() {
              link.pause();
            }

            @Override
            public void resume() {
              link.resume();
            }

            @Override
            public void close(int code, String reason) {
              link.close(code, reason);
            }
          });
        }

        @Override
        public void frame(byte[] frame) {
          listener.frame(frame);
        }

        @Override
        public void drained() {
          listener.drained();
        }

        @Override
        public void closed(int code, String reason) {
          listener.closed(code, reason);
        }

        @Override
        public void failed(boolean unauthorized, String reason) {
          listener.failed(unauthorized, reason);
        }
      });
    }
  }

  @Test
  void nothingLeavesThatIsNotSelectedOrIsRedacted() {
    EventLog selected = log("selected", "key-selected");
    EventLog other = log("other", "key-other");
    sync = new SyncService(vertx, List.of(selected, other), AuditSink.NONE);
    Recorder recorder = new Recorder(hub.hub().connector("t"));
    write(selected, SAID, "said-in-the-open");
    write(selected, SECRET, "kept-to-itself");
    write(selected, MASKED, "under-the-mask");
    write(other, SAID, "said-elsewhere");

    String key = TestHub.get(sync.connect(RemoteOptions.builder(recorder)
        .name("hub")
        .wire(RemoteOptions.Wire.V3_PLAINTEXT)
        .logs(Set.of("selected"))
        .build()));
    Void unused = TestHub.get(sync.syncNow(key));
    write(selected, SECRET, "kept-while-connected");
    write(other, SAID, "said-elsewhere-later");
    write(selected, SAID, "said-at-last");
    unused = TestHub.get(sync.syncNow(key));

    assertThat(recorder.sent())
        .contains("said-in-the-open", "said-at-last", "id-of-under-the-mask", "masked-by-redaction")
        .doesNotContain("kept-to-itself")
        .doesNotContain("kept-while-connected")
        .doesNotContain("said-elsewhere")
        .doesNotContain("key-other");
    // The payload is masked; what an entry is about is not.
    assertThat(recorder.sent().replace("id-of-under-the-mask", ""))
        .doesNotContain("under-the-mask");
    assertThat(sync.status())
        .singleElement()
        .satisfies(status -> assertThat(status.pendingUploads()).isZero());
  }
}
