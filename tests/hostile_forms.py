"""Addresses and texts that must never become a link, a frame or a running script, in one list for all tests."""

from base64 import b64encode

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
SCRIPT = "<script>parent.hurt=1;window.hurt=1;top.hurt=1</script>"
HTML = b64encode(SCRIPT.encode()).decode()
SVG = b64encode(b'<svg xmlns="http://www.w3.org/2000/svg" onload="hurt=1"><script>hurt=1</script></svg>').decode()
RUN = "javascript:window.hurt=1"

ADDRESSES = {
    "script": RUN,
    "mixed case": "JaVaScRiPt:window.hurt=1",
    "script with slashes": "javascript://x.test/%0Awindow.hurt=1",
    "script that names http": "javascript:window.hurt=1//http://x.test",
    "leading blank": " javascript:window.hurt=1",
    "leading control": "\x01javascript:window.hurt=1",
    "tab inside": "java\tscript:window.hurt=1",
    "newline inside": "java\nscript:window.hurt=1",
    "no-break blank": "\u00a0javascript:window.hurt=1",
    "invisible sign": "java\u200bscript:window.hurt=1",
    "entity": "javascript&#58;window.hurt=1",
    "named entity": "javascript&colon;window.hurt=1",
    "percent": "javascript%3Awindow.hurt=1",
    "visual basic": "vbscript:msgbox(1)",
    "file": "file:///etc/passwd",
    "blob": "blob:https://x.test/1",
    "view source": "view-source:https://x.test",
    "page as data": f"data:text/html;base64,{HTML}",
    "page as data, mixed case": f"dAtA:text/html;base64,{HTML}",
    "page as plain data": f"data:text/html,{SCRIPT}",
    "picture with scripts": f"data:image/svg+xml;base64,{SVG}",
    "page called a picture": f"data:image/png;base64,{HTML}",
    "picture of another kind": f"data:image/gif;base64,{PIXEL}",
    "picture with a tail": f'data:image/png;base64,{PIXEL}"onerror="hurt=1',
    "user-info": "https://bank.test@evil.test/",
    "password": "https://a:b@evil.test/",
    "backslash": "https://bank.test\\@evil.test/",
    "backslashes": "https:\\\\evil.test/",
    "no scheme": "//evil.test/",
    "one slash": "https:/evil.test",
    "plain http": "http://evil.test/",
    "upper case": "HTTPS://evil.test/",
    "host in other letters": "https://\u0430pple.test/",
    "wide dot": "https://evil\u3002test/",
    "percent in the host": "https://ex%61mple.test/",
    "newline in the host": "https://ev\nil.test/",
    "direction": "https://x.test/\u202egnp.exe",
    "quote": 'https://x.test/"onmouseover="hurt=1',
    "tag": "https://x.test/<script>hurt=1</script>",
    "broken port": "https://x.test:99999999/",
    "no host": "https://",
    "bracket": "https://[::1",
    "host action": "/api/v1/auths/signout",
    "climbing path": "/cache/../api/v1/auths/signout",
    "climbing file": "/api/v1/files/../auths/signout",
    "too long": "https://x.test/" + "a" * 3000,
}
"""Addresses no reader may be led to."""

TEXTS = {
    "tag": SCRIPT,
    "picture that fails": '<img src=x onerror="window.hurt=1">',
    "frame": f'<iframe src="{RUN}"></iframe>',
    "frame with a page": f'<iframe srcdoc="{SCRIPT}"></iframe>',
    "link": f"[press](<{RUN}>)",
    "plain link": f"[press]({RUN})",
    "picture": f"![press]({RUN})",
    "end of a block": f"</details>\n\n{SCRIPT}\n\n[press]({RUN})",
    "end of an attribute": f'"></summary></details>{SCRIPT}<details x="',
    "end of a fence": f"\n```\n\n[press]({RUN})\n\n<img src=x onerror='window.hurt=1'>\n\n```\n",
    "end of a fence of waves": f"\n~~~\n\n[press]({RUN})\n\n~~~\n",
    "reference": f"\n\n[press][1]\n\n[1]: {RUN}\n",
    "replacement": "$& $` $' $1 $$",
    "template": "{{constructor.constructor('window.hurt=1')()}}",
    "formula": r"$\href{javascript:window.hurt=1}{press}$",
}
"""Texts that pages could read as HTML, Markdown or formulas."""

HARMLESS = {
    "page": "https://x.test/a(b)?c=d&e='f'#g",
    "port": "https://x.test:8443/",
    "address of IP": "https://192.0.2.1/",
    "punycode": "https://xn--mnchen-3ya.test/",
    "path in other letters": "https://ja.test/\u65e5\u672c",
}
"""Addresses a reader may open."""
