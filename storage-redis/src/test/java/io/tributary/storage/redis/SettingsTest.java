package io.tributary.storage.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.storage.StorageConfigException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
  @Test
  void theDefaultsAreTheDocumentedOnes() {
    assertThat(Settings.of(new JsonObject().put("uri", "redis://host")))
        .isEqualTo(new Settings("redis://host", "tributary:", true, Duration.ofSeconds(60)));
  }

  @Test
  void everySettingIsRead() {
    JsonObject section = new JsonObject()
        .put("uri", "rediss://user:secret@host:1234/5")
        .put("prefix", "p/")
        .put("durability", "relaxed")
        .put("connectWait", "PT2M");
    assertThat(Settings.of(section))
        .isEqualTo(
            new Settings("rediss://user:secret@host:1234/5", "p/", false, Duration.ofMinutes(2)));
  }

  @Test
  void theUriMayBeInAFile(@TempDir Path dir) throws Exception {
    Path file = Files.writeString(dir.resolve("uri"), "redis://:secret@host\n");
    assertThat(Settings.of(new JsonObject().put("uri", "file:" + file)).uri())
        .isEqualTo("redis://:secret@host");
  }

  @Test
  void whatIsWrongIsNamedWithoutThePassword() {
    assertRefused("uri", new JsonObject());
    for (Object uri : new Object[] {
      "",
      17,
      new JsonArray(),
      "host",
      "http://host",
      "redis://",
      "redis:host",
      "redis://user:secret@",
      "redis://user:secret@host:99999",
      "redis://user:secret@host:port",
      "redis://user:secret@host/path",
      "redis://user:secret@ho st",
      "redis://user:sec ret@host",
      "secret@host",
      "x?password=secret",
      "env:NO_SUCH_VARIABLE_IS_SET",
      "file:/no/such/file"
    }) {
      assertRefused("uri", new JsonObject().put("uri", uri));
    }
    JsonObject good = new JsonObject().put("uri", "redis://user:secret@host");
    assertRefused("prefix", good.copy().put("prefix", ""));
    assertRefused("prefix", good.copy().put("prefix", "a b"));
    assertRefused("prefix", good.copy().put("prefix", new JsonObject()));
    assertRefused("durability", good.copy().put("durability", "maybe"));
    assertRefused("durability", good.copy().put("durability", true));
    assertRefused("connectWait", good.copy().put("connectWait", "soon"));
    assertRefused("connectWait", good.copy().put("connectWait", "-PT1S"));
    assertRefused("connectWait", good.copy().put("connectWait", 60));
    assertRefused("pool", good.copy().put("pool", 8));
  }

  @Test
  void nothingShownHasThePassword() {
    for (String uri : new String[] {
      "redis://user:secret@host:1/0", "redis://host?user=a&password=secret", "redis://:secret@host"
    }) {
      Settings settings = Settings.of(new JsonObject().put("uri", uri));
      assertThat(settings.toString() + settings.server()).contains("host").doesNotContain("secret");
    }
  }

  private static void assertRefused(String key, JsonObject section) {
    assertThatThrownBy(() -> Settings.of(section))
        .as("%s", section)
        .isInstanceOf(StorageConfigException.class)
        .hasMessageContaining("allowed")
        .hasMessageNotContaining("secret")
        .extracting(e -> ((StorageConfigException) e).key())
        .isEqualTo(key);
  }
}
