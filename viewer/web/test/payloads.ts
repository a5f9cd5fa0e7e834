/**
 * Names and reasons that try to become code. Each would set window.hit when it ran: one by
 * one below, and in families (an element with a handler, a way out of where text stands,
 * an address that is a script, a disguise).
 */
const HIT = "window.hit=1";

const SINGLE: readonly string[] = [
  `<script>${HIT}</script>`,
  `"><script>${HIT}</script>`,
  `</title><script>${HIT}</script>`,
  `</style><script>${HIT}</script>`,
  `<img src=x onerror=${HIT}>`,
  `<img src=x onerror="${HIT}">`,
  `"><img src=x onerror=${HIT}>`,
  `'><img src=x onerror=${HIT}>`,
  `<svg onload=${HIT}>`,
  `<svg><script>${HIT}</script></svg>`,
  `<svg><animate onbegin=${HIT} attributeName=x dur=1s>`,
  `<svg><a xlink:href="javascript:${HIT}"><text>x</text></a></svg>`,
  `<math><mtext><img src=x onerror=${HIT}></mtext></math>`,
  `<iframe src="javascript:${HIT}"></iframe>`,
  `<iframe srcdoc="<script>parent.${HIT}</script>"></iframe>`,
  `<object data="javascript:${HIT}"></object>`,
  `<embed src="javascript:${HIT}">`,
  `<a href="javascript:${HIT}">x</a>`,
  `javascript:${HIT}`,
  `JaVaScRiPt:${HIT}`,
  `data:text/html,<script>${HIT}</script>`,
  `<body onload=${HIT}>`,
  `<input autofocus onfocus=${HIT}>`,
  `<select autofocus onfocus=${HIT}>`,
  `<textarea autofocus onfocus=${HIT}>`,
  `<details open ontoggle=${HIT}>`,
  `<video><source onerror=${HIT}></video>`,
  `<audio src=x onerror=${HIT}>`,
  `<marquee onstart=${HIT}>`,
  `<form action="javascript:${HIT}"><button>x</button></form>`,
  `<button formaction="javascript:${HIT}">x</button>`,
  `<meta http-equiv=refresh content="0;url=javascript:${HIT}">`,
  `<link rel=stylesheet href="data:text/css,*{x:1}">`,
  `<style>@import 'javascript:${HIT}';</style>`,
  `<base href="javascript:${HIT}//">`,
  `<template><script>${HIT}</script></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${HIT}>">`,
  `<!--><img src=x onerror=${HIT}>-->`,
  `<![CDATA[<script>${HIT}</script>]]>`,
  `\${${HIT}}`,
  `{{constructor.constructor('${HIT}')()}}`,
  `';${HIT};//`,
  `";${HIT};//`,
  `\u2028${HIT}\u2029`,
  `&lt;script&gt;${HIT}&lt;/script&gt;`,
  `&#60;img src=x onerror=${HIT}&#62;`,
  `%3Cscript%3E${HIT}%3C/script%3E`,
  `<scr\u0000ipt>${HIT}</scr\u0000ipt>`,
  `\u202e<img src=x onerror=${HIT}>\u202c`,
  `＜script＞${HIT}＜/script＞`,
  `<x onclick=${HIT} tabindex=1 onfocus=${HIT} autofocus>x`,
  `<dialog open onclose=${HIT}>x</dialog>`,
];

/** Elements that call a handler without anybody's help. */
const ELEMENTS = [
  ["img src=x", ["onerror", "onload", "onloadend"]],
  ["svg", ["onload", "onfocusin", "onanimationstart"]],
  ["video src=x", ["onerror", "onloadstart", "onemptied"]],
  ["audio src=x", ["onerror", "onloadstart"]],
  ["iframe src=about:blank", ["onload"]],
  ["object data=x", ["onerror", "onload"]],
  ["link rel=stylesheet href=x", ["onerror", "onload"]],
  ["script src=x", ["onerror", "onload"]],
  ["input autofocus", ["onfocus", "onfocusin"]],
  ["textarea autofocus", ["onfocus"]],
  ["button autofocus", ["onfocus"]],
  ["a href=x autofocus tabindex=1", ["onfocus"]],
  ["div contenteditable autofocus", ["onfocus"]],
  ["details open", ["ontoggle"]],
  ["dialog open", ["onbeforetoggle", "onfocusin"]],
  ["style", ["onload", "onerror"]],
  ["track src=x default", ["onerror"]],
  ["body", ["onload", "onpageshow", "onhashchange", "onresize"]],
  ["frameset", ["onload"]],
  ["marquee", ["onstart", "onfinish"]],
  ["p style=animation:arrive%201s", ["onanimationstart", "onanimationend"]],
  ["b tabindex=0", ["onmouseover", "onpointerenter", "onpointerrawupdate"]],
] as const;

/** Ways to write an attribute that filters have been known to miss. */
const WRITINGS = [
  (element: string, handler: string) => `<${element} ${handler}=${HIT}>`,
  (element: string, handler: string) => `<${element.toUpperCase()}/${handler.toUpperCase()}='${HIT}'//`,
  (element: string, handler: string) => `<${element}\n${handler}\t=\t"${HIT}"`,
];

/** Ends what the text may stand in: an attribute, an element, a comment, a script, a sheet. */
const WAYS_OUT = [`"`, `'`, "`", `">`, `'>`, `-->`, `--!>`, `]]>`, `</title>`, `</textarea>`, `</style>`, `</script>`, `</select>`, `</noscript>`, `</template>`, `</svg>`, `</math>`, `*/`, `\\"`, `\u2028`];

/** Addresses that are scripts, plain and disguised. */
const ADDRESSES = [
  `javascript:${HIT}`,
  `JAVASCRIPT:${HIT}`,
  ` javascript:${HIT}`,
  `\u0001javascript:${HIT}`,
  `java\tscript:${HIT}`,
  `java\nscript:${HIT}`,
  `java&#115;cript:${HIT}`,
  `java\u200dscript:${HIT}`,
  `javascript&colon;${HIT}`,
  `javascript://%0a${HIT}`,
  `vbscript:${HIT}`,
  `data:text/html;base64,PHNjcmlwdD53aW5kb3cuaGl0PTE8L3NjcmlwdD4=`,
  `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='${HIT}'/>`,
  `blob:${HIT}`,
];

/** Places that follow an address. */
const FOLLOWERS = [(address: string) => `<a href="${address}">x</a>`, (address: string) => `<iframe src="${address}">`, (address: string) => `<form action="${address}"><input type=submit autofocus>`, (address: string) => `[x](${address})`];

export const PAYLOADS: readonly string[] = [
  ...new Set([
    ...SINGLE,
    ...ELEMENTS.flatMap(([element, handlers]) => handlers.flatMap((handler) => WRITINGS.map((write) => write(element, handler)))),
    ...WAYS_OUT.flatMap((out) => [`${out}<script>${HIT}</script>`, `${out} onfocus=${HIT} autofocus x=${out}`]),
    ...ADDRESSES.flatMap((address) => FOLLOWERS.map((follow) => follow(address))),
  ]),
];
