<?php
/**
 * Plugin Name: Relais
 * Description: The forms and the directory of coaches of Relais, as shortcodes and as blocks. / Les formulaires et le répertoire des coachs de Relais, en codes courts et en blocs.
 * Version: 1.0
 * Requires at least: 6.0
 * Requires PHP: 7.4
 * License: MIT
 *
 * All that it shows is the kit of Relais, as `GET /kit/…` gives it: plain HTML that works without a
 * script, and a script that makes it comfortable. Nothing in it belongs to one visitor or one
 * moment (no nonce, no time), so that any page cache may keep it for days.
 *
 *   [relais form="eoi"]   [relais form="coaches" lang="en"]
 */

defined( 'ABSPATH' ) || exit;

const RELAIS_PARTS = array( 'eoi', 'application', 'assessment', 'newsletter', 'coaches' );

/** The address of Relais: RELAIS_API in wp-config.php, or Settings → General. */
function relais_api(): string {
	$api = defined( 'RELAIS_API' ) ? RELAIS_API : get_option( 'relais_api', '' );
	return untrailingslashit( esc_url_raw( (string) $api, array( 'https', 'http' ) ) );
}

/** The language that is asked for, else that of the page (WPML and Polylang say theirs as the locale). */
function relais_lang( string $asked ): string {
	return 0 === strpos( $asked ? $asked : determine_locale(), 'en' ) ? 'en' : 'fr';
}

/** What Relais says at an address; empty while it is away. */
function relais_fetch( string $path ): string {
	$answer = wp_remote_get( relais_api() . $path, array( 'timeout' => 5 ) );
	$html   = wp_remote_retrieve_body( $answer );
	return 200 === wp_remote_retrieve_response_code( $answer ) && strpos( $html, '<relais-' ) === 0 ? $html : '';
}

/** A part of the kit: asked for once in five minutes, and the last good one while Relais is away. */
function relais_part( string $name, string $lang ): string {
	if ( ! relais_api() || ! in_array( $name, RELAIS_PARTS, true ) ) {
		return '';
	}
	$key  = "relais_{$name}_{$lang}";
	$kept = get_option( $key, array( 'api' => '', 'html' => '', 'asked' => 0 ) );
	if ( relais_api() !== $kept['api'] || time() - $kept['asked'] > 5 * MINUTE_IN_SECONDS ) {
		$html = relais_fetch( "/kit/$name?lang=$lang" );
		$last = relais_api() === $kept['api'] ? $kept['html'] : '';
		$kept = array( 'api' => relais_api(), 'html' => $html ? $html : $last, 'asked' => time() );
		update_option( $key, $kept, false );
	}
	if ( $kept['html'] ) {
		return $kept['html'];
	}
	// Never reached yet: the script brings the part, and without it the link leads to its own page.
	$path = in_array( $name, array( 'newsletter', 'coaches' ), true ) ? $name : "forms/$name";
	$link = esc_url( relais_api() . "/$path?lang=$lang" );
	$tag  = 'coaches' === $name ? 'relais-coaches' : 'relais-form';
	return sprintf( '<%1$s form="%2$s" lang="%3$s" api="%4$s"><a href="%5$s">%5$s</a></%1$s>', $tag, $name, $lang, esc_url( relais_api() ), $link );
}

/** What a shortcode or a block shows. */
function relais_show( $facts, string $content = '', string $name = '' ): string {
	$facts = shortcode_atts( array( 'form' => 'eoi', 'lang' => '' ), is_array( $facts ) ? $facts : array(), 'relais' );
	$name  = in_array( $name, RELAIS_PARTS, true ) ? $name : $facts['form'];
	relais_enqueue();
	$lang = relais_lang( $facts['lang'] );
	if ( 'application' === $name && relais_invite() ) {
		// What is known of whom a letter invited is for them alone: it is kept nowhere.
		$own = relais_fetch( '/kit/application?' . http_build_query( array( 'lang' => $lang, 'invite' => relais_invite() ) ) );
	}
	return empty( $own ) ? relais_part( $name, $lang ) : $own;
}

/** The token of a letter of invitation, which leads to this page. */
function relais_invite(): string {
	// phpcs:ignore WordPress.Security.NonceVerification.Recommended -- a link of a letter, which changes nothing.
	return isset( $_GET['invite'] ) && is_string( $_GET['invite'] ) ? sanitize_text_field( wp_unslash( $_GET['invite'] ) ) : '';
}

function relais_enqueue(): void {
	if ( relais_api() ) {
		wp_enqueue_style( 'relais', relais_api() . '/kit/relais.css', array(), null );
		wp_enqueue_script( 'relais', relais_api() . '/kit/relais.js', array(), null, true );
	}
}

add_shortcode( 'relais', 'relais_show' );

add_action(
	'template_redirect',
	function () {
		if ( relais_invite() ) {
			defined( 'DONOTCACHEPAGE' ) || define( 'DONOTCACHEPAGE', true );
			nocache_headers();
			header( 'Referrer-Policy: no-referrer' );
		}
	}
);

// The style stands in the head wherever a part is on the page, so that nothing jumps.
add_action(
	'wp_enqueue_scripts',
	function () {
		if ( is_singular() && strpos( (string) get_post()->post_content, 'relais' ) !== false ) {
			relais_enqueue();
		}
	}
);

// A block for each part, rendered here: what is stored in a page is its name alone, which nobody's rights strip.
add_action(
	'init',
	function () {
		wp_register_script( 'relais-blocks', false, array( 'wp-blocks', 'wp-block-editor', 'wp-components', 'wp-element', 'wp-server-side-render' ), '1.0', true );
		foreach ( RELAIS_PARTS as $name ) {
			register_block_type(
				"relais/$name",
				array(
					'api_version'     => 2,
					'editor_script'   => 'relais-blocks',
					'attributes'      => array( 'lang' => array( 'type' => 'string', 'default' => '' ) ),
					'render_callback' => function ( $facts ) use ( $name ) {
						return relais_show( $facts, '', $name );
					},
				)
			);
		}
	}
);

// The editor shows the same HTML; a block is called what its part is called.
add_action(
	'enqueue_block_editor_assets',
	function () {
		$titles = array();
		foreach ( RELAIS_PARTS as $name ) {
			$found           = preg_match( '/aria-label="([^"]*)"/', relais_part( $name, relais_lang( get_user_locale() ) ), $label );
			$titles[ $name ] = 'Relais – ' . ( $found ? html_entity_decode( $label[1], ENT_QUOTES, 'UTF-8' ) : $name );
		}
		$script = <<<'JS'
(function (titles, wp) {
	var el = wp.element.createElement, editor = wp.blockEditor, parts = wp.components
	Object.keys(titles).forEach(function (name) {
		wp.blocks.registerBlockType('relais/' + name, {
			apiVersion: 2, title: titles[name], category: 'widgets', icon: 'feedback',
			attributes: { lang: { type: 'string', default: '' } },
			edit: function (block) {
				var choose = el(parts.SelectControl, {
					label: 'Langue / Language', value: block.attributes.lang,
					options: [{ label: 'Page', value: '' }, { label: 'Français', value: 'fr' }, { label: 'English', value: 'en' }],
					onChange: function (lang) { block.setAttributes({ lang: lang }) }
				})
				return el('div', editor.useBlockProps(),
					el(editor.InspectorControls, null, el(parts.PanelBody, null, choose)),
					el(parts.Disabled, null, el(wp.serverSideRender, { block: 'relais/' + name, attributes: block.attributes })))
			},
			save: function () { return null }
		})
	})
})
JS;
		wp_add_inline_script( 'relais-blocks', $script . '(' . wp_json_encode( $titles ) . ', window.wp)' );
	}
);

// Settings → General: one address.
add_action(
	'admin_init',
	function () {
		register_setting( 'general', 'relais_api', array( 'type' => 'string', 'sanitize_callback' => 'esc_url_raw', 'default' => '' ) );
		add_settings_field(
			'relais_api',
			'Relais',
			function () {
				$fr = 0 !== strpos( get_user_locale(), 'en' );
				printf(
					'<input type="url" class="regular-text" id="relais_api" name="relais_api" value="%s" aria-describedby="relais-api-hint"%s><p class="description" id="relais-api-hint">%s</p>',
					esc_attr( relais_api() ),
					disabled( defined( 'RELAIS_API' ), true, false ),
					esc_html( $fr ? 'L’adresse de Relais, qui se termine souvent par /api' : 'The address of Relais, which often ends in /api' )
				);
			},
			'general',
			'default',
			array( 'label_for' => 'relais_api' )
		);
	}
);
