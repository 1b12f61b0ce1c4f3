package io.tributary.server.move;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.log.Tombstone;
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.StoreRegistry.Binding;
import io.tributary.storage.StoreRegistry.Mapping;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** Writes the file's lines and digests them. */
final class LineWriter {
  private static final JsonFactory JSON =
      JsonFactory.builder().build().disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);

  private final OutputStream out;
  private final LineDigest ofStore = new LineDigest();

  /** Of all lines that no store's digest covers. */
  private final LineDigest ofFile = new LineDigest();

  private LineDigest digest = ofFile;

  LineWriter(OutputStream out) {
    this.out = out;
  }

  private interface Fields {
    void write(JsonGenerator json) throws IOException;
  }

  private void line(String type, Fields fields) throws IOException {
    LineDigest current = digest;
    OutputStream both = new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        out.write(bytes, offset, length);
        current.update(bytes, offset, length);
      }
    };
    try (JsonGenerator json = JSON.createGenerator(both)) {
      json.writeStartObject();
      json.writeStringField("type", type);
      fields.write(json);
      json.writeEndObject();
      json.writeRaw('\n');
    }
    current.lineEnds();
  }

  void header(int version, DataSetId id) throws IOException {
    line("header", json -> {
      json.writeNumberField("version", version);
      json.writeBinaryField("dataSetId", id.toBytes());
    });
  }

  void store(StoreKey store, long head) throws IOException {
    ofStore.reset();
    digest = ofStore;
    line("store", json -> {
      json.writeStringField("store", store.toString());
      json.writeNumberField("head", head);
    });
  }

  void record(StoredRecord stored) throws IOException {
    line("record", json -> {
      NewRecord record = stored.record();
      json.writeNumberField("first", stored.firstSequence());
      json.writeArrayFieldStart("ids");
      for (EntryId id : record.ids()) {
        json.writeBinary(id.toBytes());
      }
      json.writeEndArray();
      json.writeNumberField("kind", record.kind().code());
      optional(json, "event", record.event());
      optional(json, "primaryKey", record.primaryKey());
      json.writeBinaryField("header", record.header());
      json.writeBinaryField("body", record.body());
      json.writeNumberField("committedAt", stored.committedAt());
      json.writeBooleanField("process", record.process());
      optional(json, "author", record.author());
    });
  }

  private static void optional(JsonGenerator json, String name, byte @Nullable [] bytes)
      throws IOException {
    if (bytes != null) {
      json.writeBinaryField(name, bytes);
    }
  }

  void tombstone(Tombstone tombstone) throws IOException {
    line("tombstone", json -> {
      json.writeNumberField("sequence", tombstone.sequence());
      json.writeBinaryField("id", tombstone.id().toBytes());
    });
  }

  /** Ends the store. */
  void digest(StoreKey store) throws IOException {
    digest = ofFile;
    line("digest", json -> {
      json.writeStringField("store", store.toString());
      json.writeNumberField("lines", ofStore.lines());
      json.writeBinaryField("sha256", ofStore.sha256());
    });
  }

  void mapping(Mapping mapping, boolean removed) throws IOException {
    line("mapping", json -> {
      json.writeStringField("tenant", mapping.tenant());
      json.writeStringField("publicKey", mapping.publicKey());
      json.writeStringField("requestedStore", mapping.requestedStore());
      json.writeStringField("store", mapping.store());
      json.writeBooleanField("removed", removed);
    });
  }

  void binding(Binding binding) throws IOException {
    line("binding", json -> {
      json.writeStringField("tenant", binding.tenant());
      json.writeStringField("publicKey", binding.publicKey());
      json.writeBinaryField("signingKey", binding.signingKey());
    });
  }

  void outcome(StoreKey.Plain store, EntryOutcome outcome, @Nullable JournalEntry entry)
      throws IOException {
    line("outcome", json -> {
      json.writeStringField("store", store.toString());
      json.writeBinaryField("id", outcome.id().toBytes());
      json.writeStringField("state", LineParser.name(outcome.state()));
      json.writeNumberField("attempts", outcome.attempts());
      json.writeNumberField("at", outcome.at());
      if (outcome.reason() != null) {
        // A handler's message may be half a character, which no JSON is.
        json.writeStringField("reason", new String(outcome.reason().getBytes(UTF_8), UTF_8));
      }
      if (entry != null) {
        json.writeNumberField("sequence", entry.sequence());
        json.writeBinaryField("event", entry.event());
        json.writeBinaryField("primaryKey", entry.primaryKey());
      }
    });
  }

  void progress(StoreKey.Plain store, long next, long begun, int attempt) throws IOException {
    line("progress", json -> {
      json.writeStringField("store", store.toString());
      json.writeNumberField("next", next);
      json.writeNumberField("begun", begun);
      json.writeNumberField("attempt", attempt);
    });
  }

  void end() throws IOException {
    long lines = ofFile.lines();
    byte[] sha256 = ofFile.sha256();
    line("end", json -> {
      json.writeNumberField("lines", lines);
      json.writeBinaryField("sha256", sha256);
    });
    out.flush();
  }
}
