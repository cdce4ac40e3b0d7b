<qgis version="3.22.16" styleCategories="Symbology">
  <renderer-v2 symbollevels="0" enableorderby="0" type="graduatedSymbol" graduatedMethod="GraduatedColor" attr="confidence" referencescale="-1" forceraster="0">
    <ranges>
      <range lower="0.000000" upper="0.500000" symbol="0" label="confidence below 0.5" render="true" />
      <range lower="0.500000" upper="0.700000" symbol="1" label="0.5 to 0.7" render="true" />
      <range lower="0.700000" upper="0.850000" symbol="2" label="0.7 to 0.85" render="true" />
      <range lower="0.850000" upper="1.000000" symbol="3" label="0.85 and above" render="true" />
    </ranges>
    <symbols>
      <symbol force_rhr="0" clip_to_extent="1" type="fill" name="0" alpha="1">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option value="254,217,118,60" type="QString" name="color" />
            <Option value="miter" type="QString" name="joinstyle" />
            <Option value="254,217,118,255" type="QString" name="outline_color" />
            <Option value="solid" type="QString" name="outline_style" />
            <Option value="0.4" type="QString" name="outline_width" />
            <Option value="MM" type="QString" name="outline_width_unit" />
            <Option value="solid" type="QString" name="style" />
          </Option>
        </layer>
      </symbol>
      <symbol force_rhr="0" clip_to_extent="1" type="fill" name="1" alpha="1">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option value="253,174,60,60" type="QString" name="color" />
            <Option value="miter" type="QString" name="joinstyle" />
            <Option value="253,174,60,255" type="QString" name="outline_color" />
            <Option value="solid" type="QString" name="outline_style" />
            <Option value="0.4" type="QString" name="outline_width" />
            <Option value="MM" type="QString" name="outline_width_unit" />
            <Option value="solid" type="QString" name="style" />
          </Option>
        </layer>
      </symbol>
      <symbol force_rhr="0" clip_to_extent="1" type="fill" name="2" alpha="1">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option value="255,127,0,60" type="QString" name="color" />
            <Option value="miter" type="QString" name="joinstyle" />
            <Option value="255,127,0,255" type="QString" name="outline_color" />
            <Option value="solid" type="QString" name="outline_style" />
            <Option value="0.4" type="QString" name="outline_width" />
            <Option value="MM" type="QString" name="outline_width_unit" />
            <Option value="solid" type="QString" name="style" />
          </Option>
        </layer>
      </symbol>
      <symbol force_rhr="0" clip_to_extent="1" type="fill" name="3" alpha="1">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option value="190,60,0,60" type="QString" name="color" />
            <Option value="miter" type="QString" name="joinstyle" />
            <Option value="190,60,0,255" type="QString" name="outline_color" />
            <Option value="solid" type="QString" name="outline_style" />
            <Option value="0.4" type="QString" name="outline_width" />
            <Option value="MM" type="QString" name="outline_width_unit" />
            <Option value="solid" type="QString" name="style" />
          </Option>
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <blendMode>0</blendMode>
  <featureBlendMode>0</featureBlendMode>
  <layerGeometryType>2</layerGeometryType>
</qgis>
