package io.tributary.core.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdentityTest {
  private static String outer(String json) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void newOnesHaveAUuidAnd32Bytes() {
    Identity identity = Identity.random();
    assertThat(UUID.fromString(identity.publicKey()).version()).isEqualTo(4);
    assertThat(identity.publicKey()).matches("[0-9a-f-]{36}");
    assertThat(identity.privateKey()).hasSize(32);
    assertThat(identity.privateKey()).isNotEqualTo(Identity.random().privateKey());
  }

  @Test
  void neverPrintsTheSecretOrTheWholeName() {
    Identity identity = new Identity("0123456789", new byte[] {(byte) 0xab, (byte) 0xcd});
    assertThat(identity.toString()).isEqualTo("Identity[01234567]");
  }

  @Test
  void nobodyChangesTheSecret() {
    byte[] secret = new byte[32];
    Identity identity = new Identity("k", secret);
    secret[0] = 1;
    identity.privateKey()[1] = 1;
    assertThat(identity.privateKey()).isEqualTo(new byte[32]);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"privateKey\":\"AQI=\",\"publicKey\":\"k\"}",
        "{\"publicKey\":\"k\",\"privateKey\":\"AQI=\",\"more\":{\"a\":[1]}}",
        " {\n \"publicKey\" : \"k\",\t\"privateKey\":\"AQI=\"}\r\n ",
        "{\"publicKey\":\"k\",\"privateKey\":\"AQ\\nI=\"}",
      })
  void takesOtherForms(String json) throws Exception {
    Identity identity = Identity.decodeString(outer(json));
    assertThat(identity.publicKey()).isEqualTo("k");
    assertThat(HexFormat.of().formatHex(identity.privateKey())).isEqualTo("0102");
  }

  @Test
  void takesPaddingAndATrailingLineBreak() throws Exception {
    String text = outer("{\"publicKey\":\"k\",\"privateKey\":\"AQI=\"}");
    assertThat(text.length() % 4).isEqualTo(2);
    for (String form : new String[] {text, text + "==", text + "\n", text + "==\r\n"}) {
      assertThat(Identity.decodeString(form).publicKey()).isEqualTo("k");
    }
    assertThatThrownBy(() -> Identity.decodeString(text + "="))
        .isInstanceOf(MalformedIdentityException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "5",
        "[]",
        "\"x\"",
        "{}",
        "{",
        "{\"publicKey\":\"k\"}",
        "{\"privateKey\":\"AQI=\"}",
        "{\"publicKey\":null,\"privateKey\":\"AQI=\"}",
        "{\"publicKey\":5,\"privateKey\":\"AQI=\"}",
        "{\"publicKey\":\"k\",\"privateKey\":5}",
        "{\"publicKey\":\"k\",\"privateKey\":\"AQI\"}",
        "{\"publicKey\":\"k\",\"privateKey\":\"_-8=\"}",
        "{\"publicKey\":\"k\",\"privateKey\":\"A\"}",
        "{\"publicKey\":\"k\",\"privateKey\":\"AQI=\"} x",
      })
  void refusesWhatIsNoIdentity(String json) {
    assertThatThrownBy(() -> Identity.decodeString(outer(json)))
        .isInstanceOf(MalformedIdentityException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"+/==", "a", "a b", "====", "eyJ9=", "ключ"})
  void refusesWhatIsNotBase64Url(String text) {
    assertThatThrownBy(() -> Identity.decodeString(text))
        .isInstanceOf(MalformedIdentityException.class);
  }

  @Test
  void errorsShowNothingOfTheText() {
    String text = outer("{\"publicKey\":\"SECRETNAME\",\"privateKey\":\"SECRET\"}");
    assertThatThrownBy(() -> Identity.decodeString(text))
        .isInstanceOf(MalformedIdentityException.class)
        .hasNoCause()
        .hasMessageNotContaining("SECRET");
  }
}
