package io.tributary.storage.postgres;

import static io.tributary.storage.postgres.Sql.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.storage.Storage;
import io.tributary.storage.postgres.PostgresServer.Version;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How the server finds what is asked of journals. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PostgresJournalsTest {
  private static final Pattern INDEX =
      Pattern.compile("Index.* using tributary_journal_?(\\w+) on");

  private final Vertx vertx = Vertx.vertx();
  private final String uri = Servers.running(Version.NEWEST).uri();
  private final String schema = "journals_" + UUID.randomUUID().toString().replace('-', '_');

  @AfterEach
  void clean() {
    await(vertx.close());
    Sql.run(uri, "DROP SCHEMA IF EXISTS \"" + schema + "\" CASCADE");
  }

  /** With plans made when the tables were known to be empty, the worst time for it. */
  @Test
  void eachQuestionGoesByItsIndex() {
    Storage storage = await(new PostgresStorageProvider()
        .open(vertx, new JsonObject().put("uri", uri).put("schema", schema)));
    await(storage.reclaim());
    Map<String, String> questions = ((PostgresJournals) storage.journals()).questions();
    Map<String, List<String>> indexes = Map.of(
        "known", List.of("hash_key", "entry_expr_idx", "removed_pkey", "outcome_pkey"),
        "entry", List.of("hash_key", "entry_expr_idx"),
        "sameKey", List.of("hash_key", "hash_key", "entry_expr_idx1"),
        "winner", List.of("hash_key", "winner_pkey"),
        "marks", List.of("hash_key", "hash_key", "mark_expr_idx"),
        "progress", List.of("hash_key", "progress_pkey"),
        "outcomes", List.of("hash_key", "hash_key", "outcome_expr_idx"));
    assertThat(questions.keySet()).isEqualTo(indexes.keySet());
    PgConnectOptions options = PgConnectOptions.fromUri(uri);
    Database.SESSION.forEach(options::addProperty);
    PgConnection connection = await(PgConnection.connect(vertx, options));
    questions.forEach((question, sql) -> {
      List<String> plan = new ArrayList<>();
      List<String> used = new ArrayList<>();
      for (Row row :
          await(connection.query("EXPLAIN (GENERIC_PLAN, COSTS OFF) " + sql).execute())) {
        plan.add(row.getString(0));
        Matcher index = INDEX.matcher(row.getString(0));
        if (index.find()) {
          used.add(index.group(1));
        }
      }
      assertThat(used)
          .describedAs("%s: %s", question, String.join("\n", plan))
          .containsExactlyInAnyOrderElementsOf(indexes.get(question));
      assertThat(plan).describedAs(question).noneMatch(step -> step.contains("Seq Scan"));
    });
    await(connection.close());
    await(storage.close());
  }
}
