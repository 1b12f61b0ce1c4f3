package io.tributary.storage.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.storage.StorageException.Outcome;
import io.vertx.pgclient.PgException;
import java.io.IOException;
import java.net.ConnectException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PostgresErrorTest {
  @ParameterizedTest
  @CsvSource({
    // there was an answer, and it was no
    "40001, NOT_COMMITTED",
    "40P01, NOT_COMMITTED",
    "53100, NOT_COMMITTED",
    "53200, NOT_COMMITTED",
    "55P03, NOT_COMMITTED",
    "25006, NOT_COMMITTED",
    "42P01, NOT_COMMITTED",
    "42501, NOT_COMMITTED",
    // the same data will never do
    "22003, REJECTED",
    "54000, REJECTED",
    // it may have come after the commit
    "57014, UNKNOWN",
    "57P01, UNKNOWN",
    "40003, UNKNOWN",
    "08007, UNKNOWN",
    "08P01, UNKNOWN",
    "58030, UNKNOWN",
    "XX000, UNKNOWN",
  })
  void anErrorOfTheServerSaysWhatBecameOfTheStatement(String state, Outcome outcome) {
    assertThat(PostgresError.outcome(error(state))).isEqualTo(outcome);
  }

  @Test
  void withoutAnAnswerNothingIsKnown() {
    assertThat(PostgresError.outcome(new IOException("reset"))).isEqualTo(Outcome.UNKNOWN);
    assertThat(PostgresError.outcome(new TimeoutException())).isEqualTo(Outcome.UNKNOWN);
  }

  @ParameterizedTest
  @CsvSource({
    "57P03, true",
    "53300, true",
    "08006, true",
    "28P01, false",
    "28000, false",
    "3D000, false",
    "42501, false",
  })
  void onlyWhatTimeMayChangeIsWaitedFor(String state, boolean waitedFor) {
    assertThat(PostgresError.isUnreachable(error(state))).isEqualTo(waitedFor);
  }

  @Test
  void aServerThatIsNotThereIsWaitedFor() {
    assertThat(PostgresError.isUnreachable(new ConnectException("refused"))).isTrue();
    assertThat(PostgresError.isUnreachable(new TimeoutException())).isTrue();
  }

  private static PgException error(String state) {
    return new PgException("said so", "ERROR", state, "detail");
  }
}
