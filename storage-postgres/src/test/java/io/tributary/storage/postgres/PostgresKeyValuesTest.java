package io.tributary.storage.postgres;

import static io.tributary.storage.postgres.Sql.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.storage.KeyValueStore.Change;
import io.tributary.storage.Storage;
import io.tributary.storage.postgres.PostgresServer.Version;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How much the server looks at for what is asked of spaces. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PostgresKeyValuesTest {
  private static final Pattern BUFFERS = Pattern.compile("shared(?: hit=(\\d+))?(?: read=(\\d+))?");

  private static final int KEYS = 20_000;

  /** Whole pages of the table and its index, from the root to the row and back, a few times. */
  private static final int FEW = 150;

  private final Vertx vertx = Vertx.vertx();
  private final String uri = Servers.running(Version.NEWEST).uri();
  private final String schema = "spaces_" + UUID.randomUUID().toString().replace('-', '_');

  @AfterEach
  void clean() {
    await(vertx.close());
    Sql.run(uri, "DROP SCHEMA IF EXISTS \"" + schema + "\" CASCADE");
  }

  /** With plans made when the tables were known to be empty, the worst time for it. */
  @Test
  void noCallLooksAtMoreThanItNeeds() {
    Storage storage = await(new PostgresStorageProvider()
        .open(vertx, new JsonObject().put("uri", uri).put("schema", schema)));
    await(storage.reclaim());
    Map<String, String> questions = ((PostgresKeyValues) storage.keyValues()).questions();
    Buffer[] none = {};
    Buffer[] some = {key(700), key(3), key(KEYS - 1)};
    Buffer name = Buffer.buffer("space");
    Map<String, Tuple> parameters = Map.of(
        "commit", Tuple.of(name, some, some, new Buffer[] {key(9), key(10_000)}),
        "get", Tuple.of(name, key(12_345)),
        "range", Tuple.of(name, key(KEYS - 5), key(KEYS), false, 10, 1_000L),
        "range back", Tuple.of(name, key(1), key(5), true, Integer.MAX_VALUE, 10L),
        "spaces", Tuple.of(Buffer.buffer(""), 10L));
    PgConnectOptions options = PgConnectOptions.fromUri(uri);
    options.setCachePreparedStatements(true);
    Database.SESSION.forEach(options::addProperty);
    PgConnection connection = await(PgConnection.connect(vertx, options));
    Map<String, String> statements = Map.of(
        "commit", explain(questions.get("commit")),
        "get", explain(questions.get("get")),
        "range", explain(questions.get("range")),
        "range back", explain(questions.get("range")),
        "spaces", explain(questions.get("spaces")));
    parameters.forEach((question, values) -> {
      var unused = await(connection.preparedQuery(statements.get(question)).execute(values));
    });
    var ignored = await(connection
        .preparedQuery(questions.get("commit"))
        .execute(Tuple.of(name, none, none, some)));
    List<Change> changes = new ArrayList<>();
    for (int i = 0; i < KEYS; i++) {
      changes.add(new Change(key(i).getBytes(), new byte[50]));
    }
    await(storage.keyValues().commit("space", changes));
    parameters.forEach((question, values) -> {
      List<String> plan = new ArrayList<>();
      for (Row row : await(connection.preparedQuery(statements.get(question)).execute(values))) {
        plan.add(row.getString(0));
      }
      assertThat(buffers(plan))
          .describedAs("%s: %s", question, String.join("\n", plan))
          .isLessThan(FEW);
    });
    await(connection.close());
    await(storage.close());
  }

  private static Buffer key(int i) {
    return Buffer.buffer(String.format("%06d", i).getBytes(StandardCharsets.UTF_8));
  }

  private static String explain(String sql) {
    return "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) " + sql;
  }

  /** Those of the topmost step, which include all that it called. */
  private static int buffers(List<String> plan) {
    for (String line : plan) {
      Matcher buffers = BUFFERS.matcher(line);
      if (buffers.find()) {
        return number(buffers.group(1)) + number(buffers.group(2));
      }
    }
    return 0;
  }

  private static int number(@Nullable String digits) {
    return digits == null ? 0 : Integer.parseInt(digits);
  }
}
