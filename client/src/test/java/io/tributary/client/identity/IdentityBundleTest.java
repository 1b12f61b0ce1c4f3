package io.tributary.client.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.crypto.Identity;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class IdentityBundleTest {
  private final Identity main = Identity.random();
  private final Identity chat = Identity.random();

  static String base64url(String json) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void comesBackFromItsWord() {
    IdentityBundle bundle = IdentityBundle.of(Map.of("main", main, "chat", chat, "ünï", main));
    String word = bundle.encode();
    assertThat(word).matches("[A-Za-z0-9_-]+");
    IdentityBundle back = IdentityBundle.decode(word);
    assertThat(back.logs()).containsExactly("chat", "main", "ünï");
    assertThat(back.find("chat").orElseThrow().privateKey()).isEqualTo(chat.privateKey());
    assertThat(back.find("main").orElseThrow().publicKey()).isEqualTo(main.publicKey());
    assertThat(back.find("audit")).isEmpty();
    assertThat(IdentityBundle.decode(word.substring(0, 10) + "\n" + word.substring(10))
            .encode())
        .as("broken over lines")
        .isEqualTo(word);
  }

  @Test
  void oneIdentityIsThatOfTheMainLog() {
    IdentityBundle bundle = IdentityBundle.decode(main.encodeString());
    assertThat(bundle.logs()).containsExactly(IdentityBundle.MAIN);
    assertThat(bundle.find("main").orElseThrow().privateKey()).isEqualTo(main.privateKey());
  }

  @Test
  void showsNoSecret() {
    String shown = IdentityBundle.of(Map.of("main", main)).toString();
    assertThat(shown).contains("main").doesNotContain(main.publicKey());
    assertThat(shown)
        .doesNotContain(Base64.getEncoder().encodeToString(main.privateKey()).substring(0, 8));
  }

  @Test
  void malformedTextIsRefusedInWordsThatShowNothingOfIt() {
    Map<String, String> bad = Map.of(
        "secret!",
        "no identity and no bundle",
        base64url("secret"),
        "no identity and no bundle",
        base64url("{\"publicKey\":\"secret\"}"),
        "string privateKey",
        base64url("{\"publicKey\":\"\",\"privateKey\":\"c2VjcmV0c2VjcmV0c2VjcmV0\"}"),
        "publicKey of an identity is not empty",
        base64url("{\"publicKey\":\"p\",\"privateKey\":\"c2VjcmV0\"}"),
        "16, 24 or 32 bytes, this one has 6",
        base64url("{\"version\":2,\"identities\":{\"secret\":\"x\"}}"),
        "another version of the product",
        base64url("{\"version\":1,\"identities\":{}}"),
        "one at least",
        base64url("{\"version\":1,\"identities\":\"secret\"}"),
        "one at least",
        base64url("{\"version\":1,\"identities\":{\"main\":7}}"),
        "is text",
        base64url("{\"version\":1,\"identities\":{\"chat\":\"c2VjcmV0\"}}"),
        "the identity of event log chat");
    bad.forEach((text, expected) -> assertThatThrownBy(() -> IdentityBundle.decode(text))
        .as(expected)
        .isInstanceOf(IdentityException.class)
        .hasMessageContaining(expected)
        .hasMessageNotContaining("secret")
        .hasMessageNotContaining("c2VjcmV0")
        .hasNoCause());
  }

  @Test
  void namesAreNotEmpty() {
    assertThatThrownBy(() -> IdentityBundle.of(Map.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> IdentityBundle.of(Map.of("", main)))
        .isInstanceOf(IllegalArgumentException.class);
    String word = base64url(new JsonObject()
        .put("version", 1)
        .put("identities", new JsonObject().put("", main.encodeString()))
        .encode());
    assertThatThrownBy(() -> IdentityBundle.decode(word)).isInstanceOf(IdentityException.class);
  }

  @Test
  void collectsWhatASourceHas() {
    IdentitySource source = IdentitySource.of(IdentityBundle.of(Map.of("a", main, "b", chat)));
    IdentityBundle bundle = IdentityBundle.load(source, List.of("a", "b")).result();
    assertThat(bundle.find("b").orElseThrow().publicKey()).isEqualTo(chat.publicKey());
    Future<IdentityBundle> missing = IdentityBundle.load(source, List.of("a", "c"));
    assertThat(missing.cause())
        .isInstanceOf(IdentityException.class)
        .hasMessage("the bundle has no identity for the event log c, only for a, b");
  }
}
