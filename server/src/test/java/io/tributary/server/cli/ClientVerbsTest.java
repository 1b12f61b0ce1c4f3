package io.tributary.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.server.Main;
import io.tributary.server.cli.FaultyHub.Fault;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** {@code diagnose} and {@code bench} through real sockets. */
class ClientVerbsTest {
  private final Vertx vertx = Vertx.vertx();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private FaultyHub hub(Fault... faults) {
    FaultyHub hub = new FaultyHub(faults);
    String unused =
        vertx.deployVerticle(hub).toCompletionStage().toCompletableFuture().join();
    return hub;
  }

  private int run(String... args) {
    CommandLine commandLine = Main.commandLine();
    return commandLine
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  @Nested
  class Diagnosing {
    @Test
    void goesTheWholeWay() {
      assertThat(run("diagnose", hub().url())).isZero();

      assertThat(out.toString().lines())
          .hasSize(7)
          .allMatch(line -> line.contains(" OK "))
          .anyMatch(line -> line.startsWith("write ") && line.endsWith("acked with sequence 1"))
          .anyMatch(line -> line.startsWith("decrypt "));
      assertThat(err.toString()).isEmpty();
    }

    @Test
    void saysTheSameInJson() {
      FaultyHub hub = hub();

      assertThat(run("diagnose", hub.url(), "--json")).isZero();

      JsonObject json = new JsonObject(out.toString());
      assertThat(json.getString("url")).isEqualTo(hub.url());
      assertThat(json.getBoolean("ok")).isTrue();
      assertThat(json.getJsonArray("steps")).hasSize(7);
      assertThat(json.getJsonArray("steps").getJsonObject(4).getString("name"))
          .isEqualTo("read back");
    }

    @ParameterizedTest
    @CsvSource({
      "TOKEN_WANTED, connect, HTTP 401 \"Unauthorized\": the hub wants a token: pass --token",
      "NO_HELLO, hello, no answer in time",
      "REMOTE_ID_CHANGES, second connection, another remote id than on the first connection",
      "WRITE_NOT_ALLOWED, write, not allowed: the token may be read-only",
      "SHORT_ACK, write, the server broke the protocol: ack with 0 sequences",
      "CIPHERTEXT_CHANGED, decrypt, not sealed with this key",
      "NO_PONG, ping, no answer in time",
    })
    void saysWhereItEndsAndWhy(Fault fault, String step, String reason) {
      assertThat(run("diagnose", hub(fault).url(), "--timeout", "1", "--json")).isEqualTo(1);

      JsonObject json = new JsonObject(out.toString());
      assertThat(json.getBoolean("ok")).isFalse();
      String status = "ok";
      for (Object o : json.getJsonArray("steps")) {
        JsonObject found = (JsonObject) o;
        if (found.getString("name").equals(step)) {
          assertThat(found.getString("status")).isEqualTo("failed");
          assertThat(found.getString("reason")).contains(reason);
          status = "skipped";
        } else {
          assertThat(found.getString("status")).as(found.encode()).isEqualTo(status);
        }
      }
      assertThat(status).isEqualTo("skipped");
    }

    @Test
    void sendsTheToken() {
      String url = hub(Fault.TOKEN_WANTED).url();

      assertThat(run("diagnose", url, "--token", "right")).isZero();
      assertThat(run("diagnose", url, "--token", "wrong")).isEqualTo(1);
      assertThat(out.toString()).contains("the hub does not take this token for this tenant");
      assertThat(out.toString()).doesNotContain("wrong");
    }

    @Test
    void saysThatTheServerSpeaksNoTls() {
      assertThat(run("diagnose", hub().url().replace("ws:", "wss:"))).isEqualTo(1);

      assertThat(out.toString()).contains("try ws:// instead of wss://");
    }

    @Test
    void saysThatNothingListens() {
      assertThat(run("diagnose", "ws://127.0.0.1:1/event-log/demo")).isEqualTo(1);

      assertThat(out.toString()).contains("connection refused: nothing listens at 127.0.0.1:1");
    }

    @Test
    void refusesAUrlItCannotUse() {
      assertThat(run("diagnose", "ws://127.0.0.1:1")).isEqualTo(2);
      assertThat(err.toString()).contains("a tenant is needed");
      assertThat(run("diagnose", "ws://127.0.0.1:1", "--tenant", "t", "--timeout", "0"))
          .isEqualTo(2);
    }
  }

  @Nested
  class Benching {
    private JsonObject bench(FaultyHub hub, String... args) {
      String[] all = new String[args.length + 3];
      all[0] = "bench";
      all[1] = hub.url();
      all[2] = "--json";
      System.arraycopy(args, 0, all, 3, args.length);
      assertThat(run(all)).as(err.toString()).isZero();
      return new JsonObject(out.toString());
    }

    @Test
    void countsWhatIsWrittenAndDelivered() {
      JsonObject json = bench(
          hub(),
          "--writers=2",
          "--batch=3",
          "--window=2",
          "--subscribers=5",
          "--entries=300",
          "--threads=2");

      assertThat(json.getInteger("entries")).isEqualTo(300);
      assertThat(json.getInteger("entriesPerSecond")).isPositive();
      assertThat(json.getJsonObject("ackMs").getDouble("p99")).isPositive();
      assertThat(json.getJsonObject("deliveryMs").getDouble("p50")).isPositive();
      assertThat(json.getString("wire")).isEqualTo("v3");
    }

    @Test
    void measuresForAWhile() {
      JsonObject json = bench(hub(), "--warmup=0", "--seconds=1", "--shared", "--writers=2");

      assertThat(json.getInteger("entries")).isPositive();
      assertThat(json.getDouble("seconds")).isGreaterThanOrEqualTo(0.9);
    }

    @Test
    void letsOneJoinerReadABacklog() {
      JsonObject json = bench(hub(), "--backlog=1000", "--batch=100");

      assertThat(json.getInteger("backlog")).isEqualTo(1000);
      assertThat(json.getJsonArray("entriesPerSecondByTenth")).hasSize(10);
      assertThat(err.toString()).contains("wrote 1,000 entries under --identity ");
    }

    @Test
    void readsABacklogThatIsThere() {
      FaultyHub hub = hub();
      assertThat(bench(hub, "--backlog=100").getInteger("backlog")).isEqualTo(500);
      String identity = err.toString().strip().replaceFirst(".* ", "");
      out.getBuffer().setLength(0);

      assertThat(bench(hub, "--backlog=500", "--identity=" + identity).getInteger("backlog"))
          .isEqualTo(500);
    }

    @Test
    void holdsIdleConnections() {
      FaultyHub hub = hub();

      assertThat(bench(hub, "--idle=100", "--seconds=1").getInteger("idle")).isEqualTo(100);
      assertThat(hub.connections()).isEqualTo(100);
    }

    @ParameterizedTest
    @EnumSource(
        names = {"TOKEN_WANTED", "WRITE_NOT_ALLOWED", "SHORT_ACK", "ENTRY_LOST", "ENTRY_REPEATED"})
    void noticesAFault(Fault fault) {
      assertThat(run("bench", hub(fault).url(), "--subscribers=2", "--entries=100"))
          .isEqualTo(1);

      assertThat(out.toString()).isEmpty();
      assertThat(err.toString())
          .contains(
              switch (fault) {
                case TOKEN_WANTED -> "the upgrade was refused: HTTP/1.1 401";
                case WRITE_NOT_ALLOWED -> "closed with 1008 read-only";
                case SHORT_ACK -> "an ack with 0 sequences for a write of 1";
                case ENTRY_LOST -> "sequence 6 after 4";
                default -> "sequence 5 after 5";
              });
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "--payload=15",
          "--window=0",
          "--writers=0",
          "--batch=5000",
          "--identity=x",
          "--backlog=1 --subscribers=1",
          "--idle=1 --writers=1",
          "--wire=v9",
        })
    void refusesWhatItCannotDo(String args) {
      String[] all = ("bench ws://127.0.0.1:1/event-log/demo " + args).split(" ", -1);

      assertThat(run(all)).isEqualTo(2);
      assertThat(err.toString()).startsWith("bench: ");
    }
  }
}
