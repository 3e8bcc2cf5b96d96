import type { PracticeAccounts } from './accounts.ts'
import { type Html, html } from './html.ts'
import { languages, type PageLanguage, signInWords } from './sign-in-words.ts'

export type SignInPage = {
  language: PageLanguage
  /** Path of this sign-in, where the form is sent. */
  path: string
  /** What stands in the name field. */
  login: string
  problem: { kind: 'wrong' | 'too-many'; wait: number } | null
  practice: PracticeAccounts | null
}

const languageNames: Record<PageLanguage, string> = { it: 'Italiano', en: 'English' }

export function signInPage(page: SignInPage): string {
  const words = signInWords[page.language]
  const link = (parameters: Record<string, string>) => `${page.path}?${new URLSearchParams(parameters)}`
  const problem = page.problem
  return layout(
    page.language,
    words.title,
    html`
      <nav aria-label="${words.language}">
        ${languages.map((language) =>
          language === page.language
            ? html`<span lang="${language}" aria-current="true">${languageNames[language]}</span>`
            : html`<a lang="${language}" hreflang="${language}" href="${link({ lang: language, login: page.login })}">${languageNames[language]}</a>`,
        )}
      </nav>`,
    html`
      <h1>${words.title}</h1>
      <p class="lead">${words.lead}</p>
      <form method="post" action="${link({ lang: page.language })}" novalidate>
        <label for="login">${words.login}</label>
        <input id="login" name="login" type="text" value="${page.login}" autocomplete="username" autocapitalize="none"
          autocorrect="off" spellcheck="false" maxlength="80" required${page.login === '' && html` autofocus`}>
        <label for="password">${words.password}</label>
        <input id="password" name="password" type="password" autocomplete="current-password" maxlength="256"
          required${page.login !== '' && html` autofocus`}${
            problem && html` aria-invalid="true" aria-describedby="problem"`
          }>
        ${
          problem &&
          html`<p class="problem" id="problem" role="alert">
            ${problem.kind === 'wrong' ? words.wrong : words.tooMany}${problem.wait > 0 && ` ${words.retry(problem.wait)}`}
          </p>`
        }
        <button type="submit">${words.submit}</button>
      </form>
      ${page.practice && practiceStrip(page, page.practice, link)}`,
  )
}

function practiceStrip(
  page: SignInPage,
  practice: PracticeAccounts,
  link: (parameters: Record<string, string>) => string,
): Html {
  const words = signInWords[page.language]
  return html`
    <section class="practice" aria-labelledby="practice">
      <h2 id="practice">${words.practiceTitle}</h2>
      <p>${words.practiceLead} <code>${practice.password}</code></p>
      <ul>
        ${practice.accounts.map(
          (account) => html`
            <li><a href="${link({ lang: page.language, login: account.login })}">${account.login}</a>
              <span>${account.name}, ${words.roles[account.role] ?? account.role}</span></li>`,
        )}
      </ul>
    </section>`
}

export type StopReason = 'expired' | 'refused' | 'busy'

/** A sign-in that cannot go on: too late, never right, or not now. */
export function stoppedPage(language: PageLanguage, why: StopReason): string {
  const words = signInWords[language]
  const title = words[`${why}Title`]
  return layout(language, title, null, html`<h1>${title}</h1><p class="lead">${words[why]}</p>`)
}

const layout = (language: PageLanguage, title: string, navigation: Html | null, content: Html): string =>
  html`<!doctype html>
<html lang="${language}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <title>${title}</title>
    <link rel="icon" href="/signin/assets/mark.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/signin/assets/tokens.css">
    <link rel="stylesheet" href="/signin/assets/sign-in.css">
  </head>
  <body>
    <header><p class="mark"><img src="/signin/assets/mark.svg" alt="" width="26" height="26">Ascolto</p>${navigation}</header>
    <main>${content}</main>
  </body>
</html>`.markup
